import { hash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Hash } from "../../base/types.ts";
import { defaultCacheFolder } from "./cache-folder.ts";
import { DiskTier } from "./disk-tier.ts";

const BYTES_MAX = 64 * 1024 * 1024;
const sha256 = (bytes: Uint8Array): Hash => new Uint8Array(hash("sha256", bytes, "buffer")) as Hash;

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-disk-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const open = (): Promise<DiskTier> => DiskTier.open({ folder, bytesMax: BYTES_MAX });

async function contentOf(tier: DiskTier, digest: Hash): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tier.getValue(digest)!.stream()) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** A store with 300 small values and one large, closed; returns the large one's digest. */
async function filled(): Promise<{ readonly small: readonly Hash[]; readonly large: Hash }> {
  const tier = await open();
  const small: Hash[] = [];
  for (let seed = 0; seed < 300; seed++) {
    const bytes = Buffer.alloc(2000, `value ${seed} `);
    small.push(sha256(bytes));
    tier.putValue(sha256(bytes), bytes);
  }
  const bytes = new Uint8Array(3_000_000).fill(5);
  tier.putValue(sha256(bytes), bytes);
  await tier.close();
  return { small, large: sha256(bytes) };
}

async function onlyValueFile(): Promise<string> {
  const names = await readdir(join(folder, "values"), { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile());
  expect(files).toHaveLength(1);
  return join(files[0]!.parentPath, files[0]!.name);
}

describe("L2 over a restart", () => {
  it("still has entries, values, counts and the order of use", async () => {
    const { small, large } = await filled();
    const tier = await open();
    expect(tier.counts()).toMatchObject({ values: 301, wiped: 0, corrupt: 0 });
    expect(small.every((digest) => tier.getValue(digest) !== undefined)).toBe(true);
    expect((await contentOf(tier, large)).length).toBe(3_000_000);
    await tier.close();
  });

  it("lets one owner in at a time", async () => {
    const tier = await open();
    await expect(open()).rejects.toMatchObject({ code: "FOLDER_IN_USE" });
    await tier.close();
    await (await open()).close();
  });

  it("removes files that no row names after an unclean end", async () => {
    await filled();
    await rm(join(folder, "closed"));
    const orphan = join(folder, "values", "ab", "cd".repeat(31));
    await mkdir(dirname(orphan), { recursive: true });
    await writeFile(orphan, "left behind");
    await (await open()).close();
    await onlyValueFile();
  });
});

describe("L2 on a disk that lies", () => {
  it("drops and counts a large value with a flipped bit, before its last chunk is out", async () => {
    const { large } = await filled();
    const path = await onlyValueFile();
    const bytes = await readFile(path);
    bytes[10] = 6;
    await writeFile(path, bytes);
    const tier = await open();
    const got: Uint8Array[] = [];
    const reading = (async () => {
      for await (const chunk of tier.getValue(large)!.stream()) got.push(chunk);
    })();
    await expect(reading).rejects.toMatchObject({ code: "CACHE_CORRUPT" });
    expect(Buffer.concat(got).length).toBeLessThan(bytes.length);
    expect(tier.getValue(large)).toBeUndefined();
    expect(tier.counts().corrupt).toBe(1);
    await tier.close();
  });

  it("drops and counts a large value whose file was cut short or is gone", async () => {
    const { large } = await filled();
    await truncate(await onlyValueFile(), 2_000_000);
    const tier = await open();
    await expect(contentOf(tier, large)).rejects.toMatchObject({ code: "CACHE_CORRUPT" });
    expect(tier.getValue(large)).toBeUndefined();
    await tier.close();
  });

  it("drops and counts rows in which bits were flipped, and serves no wrong byte", async () => {
    const { small } = await filled();
    const path = join(folder, "index.lmdb");
    const bytes = await readFile(path);
    let flipped = 0;
    for (let at = bytes.indexOf("value 7 "); at >= 0; at = bytes.indexOf("value 7 ", at + 4096)) {
      bytes[at + 3] = 0;
      flipped++;
    }
    expect(flipped).toBeGreaterThan(0);
    await writeFile(path, bytes);
    const tier = await open();
    let held = 0;
    for (const digest of small) {
      const value = tier.getValue(digest);
      if (value === undefined) continue;
      held++;
      expect(sha256(value.bytes!)).toEqual(digest);
    }
    expect(held).toBeLessThan(small.length);
    expect(tier.counts().corrupt).toBeGreaterThan(0);
    await tier.close();
  });

  it.each([
    ["cut short", (path: string) => truncate(path, 20_000)],
    ["overwritten with noise", (path: string) => writeFile(path, Buffer.alloc(300_000, 0xa5))],
    ["emptied", (path: string) => truncate(path, 10)],
  ])("begins anew when the index was %s, and works", async (_what, damage) => {
    await filled();
    await damage(join(folder, "index.lmdb"));
    const tier = await open();
    expect(tier.counts()).toMatchObject({ values: 0, wiped: 1 });
    const bytes = Uint8Array.of(1, 2, 3);
    tier.putValue(sha256(bytes), bytes);
    await tier.flush();
    expect(await contentOf(tier, sha256(bytes))).toEqual(bytes);
    await tier.close();
  });
});

describe("the cache folder", () => {
  it("follows XDG, and ignores a relative variable", () => {
    expect(defaultCacheFolder({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/quorate");
    expect(defaultCacheFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/\.cache\/quorate$/);
    expect(defaultCacheFolder({})).toMatch(/^\/.*\.cache\/quorate$/);
  });
});
