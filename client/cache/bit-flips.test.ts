import { hash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import { DiskTier } from "./disk-tier.ts";
import { cleanCache, verifyCache } from "./tend-cache.ts";

/** A disk that forgets a bit here and there, in the index's own structure, too. */

const sha256 = (bytes: Uint8Array): Hash => new Uint8Array(hash("sha256", bytes, "buffer")) as Hash;
const open = (folder: string): Promise<DiskTier> =>
  DiskTier.open({ folder, bytesMax: 64 * 1024 * 1024 });

let parent = "";
const small: Hash[] = [];
const large: Hash[] = [];

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "quorate-flips-"));
  const tier = await open(join(parent, "whole"));
  for (let seed = 0; seed < 200; seed++) {
    const bytes = Buffer.alloc(1500 + seed, `value ${seed} `);
    small.push(sha256(bytes));
    tier.putValue(sha256(bytes), bytes);
    const location = sha256(Buffer.of(seed));
    const record = new Uint8Array(sha256(location));
    tier.putEntry({ location, valueDigest: sha256(bytes), size: bytes.length, record });
  }
  for (const size of [40_000, 300_000, 2_000_000]) {
    const bytes = Buffer.alloc(size, `large ${size} `);
    large.push(sha256(bytes));
    tier.putValue(sha256(bytes), bytes);
  }
  await tier.close();
});
afterAll(async () => {
  await rm(parent, { recursive: true });
});

async function filesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((name) => name.isFile() && !/^(lock|closed)/.test(name.name));
  return files.map((file) => join(file.parentPath, file.name)).sort();
}

/** One folder with `count` bits flipped, wherever they fall. */
async function damaged(name: string, seed: number, count: number): Promise<string> {
  const folder = join(parent, name);
  await cp(join(parent, "whole"), folder, { recursive: true });
  const random = new Prng(seed);
  for (const path of await filesOf(folder)) {
    const bytes = await readFile(path);
    for (let flip = 0; flip < count; flip++) {
      const at = random.below(bytes.length);
      bytes[at] = bytes[at]! ^ (1 << random.below(8));
    }
    await writeFile(path, bytes);
  }
  return folder;
}

/** Bytes that are served; each is held against its digest. */
async function served(tier: DiskTier, digest: Hash): Promise<boolean> {
  const chunks: Uint8Array[] = [];
  try {
    const value = tier.getValue(digest);
    if (value === undefined) return false;
    for await (const chunk of value.stream()) chunks.push(chunk);
  } catch (error) {
    expect(error).toMatchObject({ code: "CACHE_CORRUPT" });
    return false;
  }
  expect(sha256(Buffer.concat(chunks))).toEqual(digest);
  return true;
}

describe("L2 with flipped bits", () => {
  it.each([1, 2, 3])("serves no wrong byte and works on (seed %i)", async (seed) => {
    const folder = await damaged(`random-${seed}`, seed, 1 + 4 * seed);
    const tier = await open(folder);
    for (let at = 0; at < small.length; at++) {
      const location = sha256(Buffer.of(at));
      const entry = tier.getEntry(location);
      if (entry === undefined) continue;
      expect(entry.record).toEqual(new Uint8Array(sha256(location)));
      expect(entry.valueDigest).toEqual(small[at]);
    }
    for (const digest of [...small, ...large]) await served(tier, digest);
    for (const digest of large) expect(tier.getValue(digest)).toBeUndefined();
    const fresh = new Uint8Array(Buffer.alloc(20_000, `fresh ${seed}`));
    tier.putValue(sha256(fresh), fresh);
    await tier.flush();
    expect(await served(tier, sha256(fresh))).toBe(true);
    await tier.close();
    expect((await verifyCache(folder)).sound).toBe(true);
  });

  it("keeps the rows that hold, with their order and their figures", async () => {
    const folder = join(parent, "one-row");
    await cp(join(parent, "whole"), folder, { recursive: true });
    const path = join(folder, "index.lmdb");
    const bytes = await readFile(path);
    bytes[bytes.indexOf("value 7 value 7 ") + 20]! ^= 1;
    await writeFile(path, bytes);
    const tier = await open(folder);
    const held = await Promise.all(small.map((digest) => served(tier, digest)));
    expect(held.filter((one) => !one)).toHaveLength(1);
    expect(held[7]).toBe(false);
    expect(tier.counts()).toMatchObject({ entries: 200, values: 202, wiped: 0, corrupt: 1 });
    await tier.close();
    const cleaned = await cleanCache(folder, { bytesMax: 100_000 });
    expect(cleaned.bytes).toBeLessThanOrEqual(100_000);
    expect(cleaned.bytes).toBeGreaterThan(90_000);
  });
});

describe("verify", () => {
  it("finds nothing in a whole cache, and what is damaged in another", async () => {
    const folder = join(parent, "verified");
    await cp(join(parent, "whole"), folder, { recursive: true });
    const whole = await verifyCache(folder);
    expect(whole).toMatchObject({ entries: 200, values: 203, corrupt: 0, sound: true });
    const [path] = (await filesOf(folder)).filter((name) => name.includes("values"));
    await writeFile(path!, "cut short");
    const found = await verifyCache(folder);
    expect(found).toMatchObject({ entries: 200, values: 202, corrupt: 1, sound: false });
    expect((await verifyCache(folder)).sound).toBe(true);
  });
});
