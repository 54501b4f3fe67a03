import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex, utf8 } from "../bytes.ts";
import { createKeyFile, readKeyFile } from "./key-file.ts";
import { nodeCrypto } from "./node-crypto.ts";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-key-"));
  path = join(folder, "replica.key");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return "accepted";
}

describe("a key file", () => {
  it("is made with mode 0600 and signs as the same key after reading it", () => {
    const made = createKeyFile(path);
    expect(statSync(path).mode & 0o7777).toBe(0o600);
    const read = readKeyFile(path);
    expect(toHex(read.publicKey)).toBe(toHex(made.publicKey));
    const message = utf8("message");
    expect(nodeCrypto.verify(made.publicKey, message, read.sign(message))).toBe(true);
    expect(nodeCrypto.verify(made.publicKey, utf8("other"), read.sign(message))).toBe(false);
  });

  it("is never overwritten", () => {
    createKeyFile(path);
    const before = readFileSync(path);
    expect(refusal(() => createKeyFile(path))).toBe("KEY_FILE_EXISTS");
    expect(readFileSync(path)).toEqual(before);
  });

  it("may be narrower than 0600", () => {
    createKeyFile(path);
    chmodSync(path, 0o400);
    expect(refusal(() => readKeyFile(path))).toBe("accepted");
  });

  for (const mode of [0o640, 0o604, 0o644, 0o620, 0o700, 0o4600]) {
    it(`is refused with mode ${mode.toString(8)}`, () => {
      createKeyFile(path);
      chmodSync(path, mode);
      expect(refusal(() => readKeyFile(path))).toBe("KEY_FILE_MODE");
    });
  }

  it("is refused behind a symbolic link", () => {
    createKeyFile(path);
    const link = join(folder, "link");
    symlinkSync(path, link);
    expect(refusal(() => readKeyFile(link))).toBe("KEY_FILE_SYMLINK");
    expect(refusal(() => createKeyFile(link))).toBe("KEY_FILE_EXISTS");
  });

  it("is refused when missing, or when its folder cannot take it", () => {
    expect(refusal(() => readKeyFile(path))).toBe("KEY_FILE_MISSING");
    expect(refusal(() => createKeyFile(join(folder, "no", "key")))).toBe("KEY_FILE_UNWRITABLE");
    expect(refusal(() => readKeyFile(folder))).toBe("KEY_FILE_MALFORMED");
  });

  const root = process.getuid?.() === 0;
  it.skipIf(!root)(
    `is refused when another user owns it${root ? "" : " skipped: kernel: needs root to give a file away"}`,
    () => {
      createKeyFile(path);
      chownSync(path, 65534, 65534);
      expect(refusal(() => readKeyFile(path))).toBe("KEY_FILE_OWNER");
    },
  );

  const wrong: Readonly<Record<string, (content: Record<string, unknown>) => unknown>> = {
    "another format": (content) => ({ ...content, format: 2 }),
    "another type": (content) => ({ ...content, type: "ssh" }),
    "upper-case hex": (content) => ({ ...content, publicKey: "A".repeat(64) }),
    "a short seed": (content) => ({ ...content, secretKey: "00" }),
    "no seed": (content) => ({ ...content, secretKey: undefined }),
    "no object": () => 7,
    "too much": (content) => ({ ...content, comment: "x".repeat(5000) }),
  };
  for (const [name, change] of Object.entries(wrong)) {
    it(`is refused with ${name}`, () => {
      createKeyFile(path);
      const content = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
      writeFileSync(path, JSON.stringify(change(content)));
      expect(refusal(() => readKeyFile(path))).toBe("KEY_FILE_MALFORMED");
    });
  }

  it("is refused when its halves belong to two keys", () => {
    createKeyFile(path);
    const other = join(folder, "other.key");
    createKeyFile(other);
    const content = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    const { publicKey } = JSON.parse(readFileSync(other, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...content, publicKey }));
    expect(refusal(() => readKeyFile(path))).toBe("KEY_FILE_MISMATCH");
  });
});
