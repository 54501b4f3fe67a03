import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { utf8 } from "../bytes.ts";
import { writeFileAtomically, writeNewFile } from "./atomic-file.ts";
import { FreeSpace } from "./free-space.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-file-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe("a file", () => {
  it("is replaced whole, and nothing else is left beside it", () => {
    const path = join(folder, "file");
    writeFileAtomically(path, utf8("one"), { mode: 0o600 });
    writeFileAtomically(path, utf8("two"), { mode: 0o600 });
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(["file"]);
  });

  it("that could not be replaced is as it was", () => {
    const path = join(folder, "taken");
    mkdirSync(join(path, "inside"), { recursive: true });
    expect(() => writeFileAtomically(path, utf8("x"))).toThrow("EISDIR");
    expect(readdirSync(folder)).toEqual(["taken"]);
  });

  it("that is to be new may not be there", () => {
    const path = join(folder, "file");
    writeNewFile(path, utf8("one"));
    expect(() => writeNewFile(path, utf8("two"))).toThrow("EEXIST");
    expect(readFileSync(path, "utf8")).toBe("one");
  });
});

describe("free space", () => {
  it("is refused below the reserve, and granted above it", async () => {
    const rich = new FreeSpace(folder, { bytesMin: 1 });
    await expect(rich.demand(1)).resolves.toBeUndefined();
    const poor = new FreeSpace(folder, { bytesMin: Number.MAX_SAFE_INTEGER });
    await poor.refresh();
    expect(poor.low).toBe(true);
    await expect(poor.demand(1)).rejects.toMatchObject({ code: "DISK_FULL" });
  });

  it("counts down what is spent, and asks again before it refuses", async () => {
    const space = new FreeSpace(folder, { bytesMin: 0 });
    await space.refresh();
    const before = space.bytes;
    space.spend(before + 1);
    expect(space.low).toBe(true);
    await expect(space.demand(1)).resolves.toBeUndefined();
    expect(space.low).toBe(false);
  });
});
