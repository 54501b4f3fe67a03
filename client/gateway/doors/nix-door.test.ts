import { createHash, createPublicKey, verify } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import { fingerprintOf, parseNarinfo } from "../../../proof/digest/nix/narinfo.ts";
import type { RunningGateway } from "../start-gateway.ts";
import { noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { RawAnswer } from "../testing/raw-request.ts";
import { describeDoor } from "./door.case.ts";
import { nixDoor } from "./nix-door.ts";

const DIGITS = "0123456789abcdfghijklmnpqrsvwxyz";

/** The other way round than the code under test: by arithmetic, most significant digit first. */
function toNixBase32(bytes: Uint8Array): string {
  let value = bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let text = "";
  for (let digit = 0; digit < 52; digit++) {
    text = DIGITS.charAt(Number(value & 31n)) + text;
    value >>= 5n;
  }
  return text;
}

const hashOf = (bytes: Uint8Array): string =>
  toNixBase32(createHash("sha256").update(bytes).digest());
const nar = (index: number): Uint8Array => noise(sizeOfBody(index), `nar-${index}`);

describeDoor({
  id: "nix nar",
  path: (index) => `/nix/team-a/nar/${hashOf(nar(index))}.nar.xz`,
  entry: (index) => ({ namespace: "team-a", name: `nix/nar/${hashOf(nar(index))}.nar.xz` }),
  body: nar,
  stored: (bytes) => ({ bytes, kind: "raw/1" }),
  hasLarge: true,
  isImmutable: false,
  isPicky: true,
  malformed: { body: utf8("EVIL: another file than its name says"), status: 400 },
  wrongMeaning: "foreign-entry",
  allowed: [200, 201, 400, 403, 404],
  status: { miss: 404, stored: [200, 201], readOnlyPut: 403, overSize: 413, withdrawn: 204 },
});

const STORE_HASH = "kbvbk42z5qc2j33qjfhc95a6mvpyjwc7";
const REFERENCE = "3n58xw4373jp0ljirf06d8077j15pc4j-glibc-2.37";

function narinfo(file: Uint8Array, change: Record<string, string> = {}): Buffer {
  const fields: Record<string, string> = {
    StorePath: `/nix/store/${STORE_HASH}-hello`,
    URL: `nar/${hashOf(file)}.nar.xz`,
    Compression: "xz",
    FileHash: `sha256:${hashOf(file)}`,
    FileSize: String(file.length),
    NarHash: `sha256:${hashOf(utf8("the nar"))}`,
    NarSize: "120",
    References: `${REFERENCE} ${STORE_HASH}-hello`,
    ...change,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  return Buffer.from(lines.join(""));
}

describe("narinfo at the nix door", () => {
  let folder: string;
  let gateway: RunningGateway;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-nix-door-"));
    gateway = await openDoor(folder, undefined);
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call = (path: string, body?: Uint8Array): Promise<RawAnswer> =>
    rawRequest(gateway.url, path, { method: body === undefined ? "GET" : "PUT", body });
  const at = (namespace: string): string => `/nix/${namespace}/${STORE_HASH}.narinfo`;
  const file = nar(1);

  async function publicKey(): Promise<ReturnType<typeof createPublicKey>> {
    const text = (await call("/nix/team-a/public-key")).body.toString().trim();
    const raw = Buffer.from(text.slice(text.indexOf(":") + 1), "base64");
    const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]);
    return createPublicKey({ key: spki, format: "der", type: "spki" });
  }

  it("comes back signed by this gateway, once its file is there", async () => {
    const path = at("team-a");
    const put = narinfo(file, { Sig: "somebody:c29tZQ==" });
    expect((await call(path, put)).status).toBe(201);
    expect((await call(path)).headers["x-quorate-miss"]).toBe("incomplete");
    await call(`/nix/team-a/nar/${hashOf(file)}.nar.xz`, file);
    const answer = await call(path);
    const text = answer.body.toString();
    expect(answer.headers["content-type"]).toBe("text/x-nix-narinfo");
    expect(text).not.toContain("somebody");
    const signatures = [...text.matchAll(/^Sig: quorate-gateway-1:(.*)$/gm)];
    expect(signatures).toHaveLength(1);
    const info = parseNarinfo(text)!;
    const fingerprint = `1;/nix/store/${STORE_HASH}-hello;${info.narHash};120;/nix/store/${REFERENCE},/nix/store/${STORE_HASH}-hello`;
    expect(fingerprintOf(info)).toBe(fingerprint);
    const signature = Buffer.from(signatures[0]?.[1] ?? "", "base64");
    expect(verify(null, Buffer.from(fingerprint), await publicKey(), signature)).toBe(true);
    const head = await rawRequest(gateway.url, path, { method: "HEAD" });
    expect([head.status, head.body.length]).toEqual([200, 0]);
  });

  it("is a miss where its file is another namespace's", async () => {
    await call(at("team-b"), narinfo(file));
    expect((await call(at("team-b"))).headers["x-quorate-miss"]).toBe("incomplete");
  });

  it.each([
    ["another store path's", { StorePath: `/nix/store/${"0".repeat(32)}-evil` }],
    ["a file's under another name", { URL: `nar/${hashOf(utf8("evil"))}.nar.xz` }],
    ["that leads elsewhere", { URL: "http://evil.example/x.nar.xz" }],
    ["without a size", { FileSize: "" }],
    ["with a broken hash", { NarHash: "sha256:abc" }],
    ["with a reference that is none", { References: "../../etc/passwd" }],
    ["of an unknown compression", { Compression: "evil" }],
  ])("%s is refused", async (_what, change) => {
    const path = `/nix/team-c/${STORE_HASH}.narinfo`;
    expect((await call(path, narinfo(file, change))).status).toBe(400);
    expect((await call(path)).status).toBe(404);
  });

  it("the cache tells of itself what the first pusher said", async () => {
    const path = "/nix/team-a/nix-cache-info";
    expect((await call(path)).status).toBe(404);
    await call(path, utf8("StoreDir: /nix/store\n"));
    expect((await call(path)).body.toString()).toBe("StoreDir: /nix/store\n");
  });

  it("keeps its key over a restart, and signs with it", async () => {
    const home = mkdtempSync(join(folder, "home-"));
    const keys: string[] = [];
    for (let start = 0; start < 2; start++) {
      const one = await openDoor(home, undefined);
      keys.push((await rawRequest(one.url, "/nix/team-a/public-key")).body.toString());
      await one.close();
    }
    expect(keys[0]).toMatch(/^quorate-gateway-1:[A-Za-z0-9+/]{43}=\n$/);
    expect(keys[1]).toBe(keys[0]);
  });

  it.each(["/nix/team-a/x.narinfo", "/nix/team-a/nar/short.nar", "/nix/No/nix-cache-info"])(
    "%s names nothing",
    (path) => expect(nixDoor(undefined).resolve(path)).toBe("unnamed"),
  );
});
