import { hash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import { DiskTier } from "./disk-tier.ts";
import { folderFigures } from "./folder-figures.ts";
import { verifyCache } from "./tend-cache.ts";

/** Values as they lie in L2 once they have been packed and chunked. */

const MIB = 1024 * 1024;
const sha256 = (bytes: Uint8Array): Hash => new Uint8Array(hash("sha256", bytes, "buffer")) as Hash;
const text = (size: number, word = "answer"): Uint8Array =>
  new Uint8Array(Buffer.alloc(size, `export const ${word} = 42;\n`));

function noise(size: number, seed: number): Uint8Array {
  const random = new Prng(seed);
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let at = 0; at < words.length; at++) words[at] = random.uint32();
  return new Uint8Array(words.buffer, 0, size);
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quorate-settled-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

const open = (bytesMax = 64 * MIB): Promise<DiskTier> =>
  DiskTier.open({ folder, bytesMax, settles: true });

/** Undefined: it is not there, or not any more. */
async function contentOf(tier: DiskTier, digest: Hash): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    const value = tier.getValue(digest);
    if (value === undefined) return undefined;
    for await (const piece of value.stream()) pieces.push(piece);
  } catch (error) {
    expect(error).toMatchObject({ code: "CACHE_CORRUPT" });
    return undefined;
  }
  return Buffer.concat(pieces);
}

async function expectHeld(tier: DiskTier, bytes: Uint8Array): Promise<void> {
  const found = await contentOf(tier, sha256(bytes));
  expect(found === undefined ? "nothing" : toHex(sha256(found))).toBe(toHex(sha256(bytes)));
}

async function filesIn(name: "values" | "chunks"): Promise<string[]> {
  const all = await readdir(join(folder, name), { recursive: true, withFileTypes: true });
  return all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

/** A value and the same with some bytes put in at one place. */
function twoVersions(size = 6 * MIB): [Uint8Array, Uint8Array] {
  const first = noise(size, 1);
  const at = Math.floor(size / 2);
  return [first, Buffer.concat([first.subarray(0, at), text(777), first.subarray(at)])];
}

describe("a settled value", () => {
  it.each([
    ["of no bytes", new Uint8Array(0)],
    ["too small to be packed", text(300)],
    ["in a row", text(12_000)],
    ["in a row, of noise", noise(12_000, 2)],
    ["in a file", text(MIB)],
    ["in a file, of noise", noise(MIB, 3)],
    ["in chunks", text(5 * MIB)],
    ["in chunks, of noise", noise(5 * MIB + 1, 4)],
  ])("%s is what was put, before, after and over a restart", async (_what, bytes) => {
    const tier = await open();
    tier.putValue(sha256(bytes), bytes);
    await expectHeld(tier, bytes);
    await tier.settled();
    await expectHeld(tier, bytes);
    await tier.close();
    const again = await open();
    await expectHeld(again, bytes);
    expect(again.counts()).toMatchObject({ values: 1, corrupt: 0 });
    await again.close();
    expect(await verifyCache(folder)).toMatchObject({ values: 1, sound: true });
  });

  it("takes less room where that is to be had, and says how much", async () => {
    const tier = await open();
    for (const bytes of [text(12_000), text(MIB), text(5 * MIB)]) {
      tier.putValue(sha256(bytes), bytes);
    }
    await tier.settled();
    const { bytes, plainBytes } = tier.counts();
    expect(plainBytes).toBe(12_000 + MIB + 5 * MIB + 3 * 256);
    expect(bytes).toBeLessThan(100_000);
    expect(await filesIn("values")).toEqual([]);
    await tier.close();
    expect(await folderFigures(folder)).toMatchObject({ bytes, plainBytes });
  });

  it("shares its chunks with those that are like it", async () => {
    const tier = await open();
    const versions = twoVersions();
    for (const bytes of versions) tier.putValue(sha256(bytes), bytes);
    await tier.settled();
    const { chunks, sharedBytes, plainBytes } = tier.counts();
    expect(sharedBytes).toBeGreaterThan(3 * MIB);
    expect(plainBytes).toBeGreaterThan(12 * MIB);
    expect(await filesIn("chunks")).toHaveLength(chunks);
    for (const bytes of versions) await expectHeld(tier, bytes);

    // What one gives up, the other still has.
    tier.dropValue(sha256(versions[0]));
    await tier.flush();
    expect(tier.counts()).toMatchObject({ values: 1, sharedBytes: 0 });
    await expectHeld(tier, versions[1]);
    tier.dropValue(sha256(versions[1]));
    await tier.flush();
    expect(tier.counts()).toMatchObject({ values: 0, chunks: 0, sharedBytes: 0, bytes: 0 });
    expect(await filesIn("chunks")).toEqual([]);
    await tier.close();
    expect(await verifyCache(folder)).toMatchObject({ miscounted: 0, strayFiles: 0, sound: true });
  });

  it("that is dropped or put again while it settles is what was said last", async () => {
    const tier = await open();
    const bytes = noise(5 * MIB, 5);
    tier.putValue(sha256(bytes), bytes);
    await tier.flush();
    tier.dropValue(sha256(bytes));
    await tier.settled();
    expect(tier.getValue(sha256(bytes))).toBeUndefined();
    expect(await filesIn("chunks")).toEqual([]);
    for (let round = 0; round < 3; round++) {
      tier.putValue(sha256(bytes), bytes);
      if (round > 0) await tier.flush();
      await expectHeld(tier, bytes);
    }
    await tier.settled();
    await expectHeld(tier, bytes);
    await tier.close();
    expect(await verifyCache(folder)).toMatchObject({ values: 1, sound: true });
  });
});

describe("a reader", () => {
  it("that has begun gets all of a value that is evicted meanwhile", async () => {
    const tier = await open();
    const bytes = noise(5 * MIB, 6);
    tier.putValue(sha256(bytes), bytes);
    await tier.settled();
    const pieces: Uint8Array[] = [];
    for await (const piece of tier.getValue(sha256(bytes))!.stream()) {
      pieces.push(piece);
      tier.dropValue(sha256(bytes));
      await tier.flush();
    }
    expect(pieces.length).toBeGreaterThan(3);
    expect(toHex(sha256(Buffer.concat(pieces)))).toBe(toHex(sha256(bytes)));
    await tier.flush();
    expect(await filesIn("chunks")).toEqual([]);
    await tier.close();
  });

  it("that found a file gets the value though it has been chunked since", async () => {
    const tier = await open();
    const bytes = noise(5 * MIB, 7);
    tier.putValue(sha256(bytes), bytes);
    await tier.flush();
    const value = tier.getValue(sha256(bytes))!;
    const begun = value.stream()[Symbol.asyncIterator]();
    const first = await begun.next();
    await tier.settled();
    const pieces = [first.value as Uint8Array];
    for (let next = await begun.next(); !next.done; next = await begun.next()) {
      pieces.push(next.value);
    }
    expect(toHex(sha256(Buffer.concat(pieces)))).toBe(toHex(sha256(bytes)));
    const later: Uint8Array[] = [];
    for await (const piece of value.stream()) later.push(piece);
    expect(toHex(sha256(Buffer.concat(later)))).toBe(toHex(sha256(bytes)));
    await tier.close();
  });
});

describe("a crash", () => {
  it("between chunks and the row of their value leaves files that are collected", async () => {
    const tier = await open();
    const [bytes, other] = twoVersions();
    tier.putValue(sha256(bytes), bytes);
    await tier.flush();
    // As the disk is before a value settles, with the chunks of one that was settling beside it.
    await cp(join(folder, "index.lmdb"), join(folder, "before.lmdb"));
    tier.putValue(sha256(other), other);
    await tier.settled();
    const file = join(folder, "values", ...shelfOf(sha256(bytes)));
    await tier.close();
    await writeFile(file, bytes, { flag: "w" }).catch(async () => undefined);
    await cp(join(folder, "before.lmdb"), join(folder, "index.lmdb"));
    await rm(join(folder, "closed"));
    expect((await filesIn("chunks")).length).toBeGreaterThan(0);

    const after = await open();
    expect(await filesIn("chunks")).toEqual([]);
    await expectHeld(after, bytes);
    expect(after.getValue(sha256(other))).toBeUndefined();
    await after.close();
    expect(await verifyCache(folder)).toMatchObject({ values: 1, miscounted: 0, sound: true });
  });

  it("after the row has changed leaves a file that is collected", async () => {
    const tier = await open();
    const bytes = noise(5 * MIB, 8);
    tier.putValue(sha256(bytes), bytes);
    await tier.settled();
    await tier.close();
    await writeFile(join(folder, "values", ...shelfOf(sha256(bytes))), bytes);
    await rm(join(folder, "closed"));
    const after = await open();
    expect(await filesIn("values")).toEqual([]);
    await expectHeld(after, bytes);
    await after.close();
  });
});

describe("a limit of 40 MiB, with chunks, under puts and gets", () => {
  it("holds, no get is answered with other bytes, and no chunk leaks", async () => {
    const bytesMax = 40 * MIB;
    const tier = await open(bytesMax);
    const base = noise(9 * MIB, 9);
    const digests: Hash[] = [];
    let answered = 0;
    const random = new Prng(10);
    for (let round = 0; round < 12; round++) {
      // Half of each value is of the round's own, the rest is in others, too.
      const own = noise(5 * MIB, 100 + round);
      const at = random.below(5 * MIB);
      const bytes = Buffer.concat([base.subarray(at, at + 4 * MIB), own]);
      digests.push(sha256(bytes));
      tier.putValue(sha256(bytes), bytes);
      const reading = digests.slice(-6).map(async (digest) => {
        const found = await contentOf(tier, digest);
        if (found === undefined) return;
        expect(toHex(sha256(found))).toBe(toHex(digest));
        answered++;
      });
      await Promise.all([...reading, tier.flush()]);
      if (round % 4 === 3) await tier.settled();
    }
    await tier.settled();
    await tier.trim();
    const counts = tier.counts();
    expect(counts.bytes).toBeLessThanOrEqual(bytesMax);
    expect(counts.evictions).toBeGreaterThan(0);
    expect(counts.sharedBytes).toBeGreaterThan(MIB);
    expect(counts.corrupt).toBe(0);
    expect(answered).toBeGreaterThan(20);
    await tier.close();
    const audited = await verifyCache(folder);
    expect(audited).toMatchObject({ miscounted: 0, strayFiles: 0, corrupt: 0, sound: true });
    expect(audited.bytes).toBe(counts.bytes);
    const sizes = await Promise.all((await filesIn("chunks")).map(async (path) => stat(path)));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThanOrEqual(bytesMax);
  });
});

describe("bits that flip in chunks", () => {
  it.each([1, 2, 3])("never become wrong bytes, and what holds is held (seed %i)", async (seed) => {
    const random = new Prng(seed);
    const values = [...twoVersions(), text(3 * MIB), text(20_000), text(5_000), noise(3 * MIB, 20)];
    const tier = await open();
    for (const bytes of values) tier.putValue(sha256(bytes), bytes);
    await tier.settled();
    await tier.close();
    for (const path of await filesIn("chunks")) {
      if (random.below(3) === 0) continue;
      const bytes = await readFile(path);
      const at = random.below(bytes.length);
      bytes[at] = bytes[at]! ^ (1 << random.below(8));
      await writeFile(path, bytes);
    }
    const damaged = await open();
    const held = new Set<string>();
    for (const bytes of values) {
      const found = await contentOf(damaged, sha256(bytes));
      if (found === undefined) continue;
      expect(toHex(sha256(found))).toBe(toHex(sha256(bytes)));
      held.add(toHex(sha256(bytes)));
    }
    expect(damaged.counts().corrupt).toBeGreaterThan(0);
    // What was lost is taken in again, and its chunks are written anew.
    for (const bytes of values) damaged.putValue(sha256(bytes), bytes);
    await damaged.settled();
    for (const bytes of values) await expectHeld(damaged, bytes);
    await damaged.close();
    const audited = await verifyCache(folder);
    expect(audited).toMatchObject({ values: values.length, corrupt: 0, miscounted: 0 });
  });

  it("make a chunk out of one that unpacks to more than its value: nothing", async () => {
    const tier = await open();
    const bytes = text(MIB);
    tier.putValue(sha256(bytes), bytes);
    await tier.settled();
    await tier.close();
    const [path] = await filesIn("chunks");
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    const bomb = brotliCompressSync(Buffer.alloc(256 * MIB), { params });
    await writeFile(path!, Buffer.concat([Uint8Array.of(1), bomb]));
    const again = await open();
    expect(await contentOf(again, sha256(bytes))).toBeUndefined();
    await again.flush();
    expect(again.counts()).toMatchObject({ corrupt: 1, values: 0 });
    await again.close();
  });
});

describe("a store in which all values lie as they came", () => {
  it("opens, serves what it has, and takes in what is packed", async () => {
    const before = join(import.meta.dirname, "testing/plain-store");
    const index = brotliDecompressSync(await readFile(join(before, "index.lmdb.br")));
    await writeFile(join(folder, "index.lmdb"), index);
    await cp(join(before, "closed"), join(folder, "closed"));
    const filed = Buffer.alloc(20_000, "value of 20000 bytes ");
    const [shelf, name] = shelfOf(sha256(filed));
    await cp(await fileWith(filed), join(folder, "values", shelf, name));
    const tier = await open();
    const counts = tier.counts();
    expect(counts).toMatchObject({ entries: 4, values: 5, corrupt: 0, wiped: 0, chunks: 0 });
    expect(counts.plainBytes).toBe(counts.bytes);
    for (const size of [0, 10, 2000, 16_384]) {
      const bytes = Buffer.alloc(size, `value of ${size} bytes `);
      await expectHeld(tier, bytes);
      const entry = tier.getEntry(sha256(Buffer.from(`entry ${size}`)));
      expect(entry).toMatchObject({ size, valueDigest: sha256(bytes) });
    }
    await expectHeld(tier, filed);
    tier.putValue(sha256(text(9000)), text(9000));
    tier.putValue(sha256(filed), new Uint8Array(filed));
    await tier.settled();
    expect(tier.counts().bytes).toBeLessThan(counts.bytes);
    await expectHeld(tier, filed);
    await tier.close();
    expect(await verifyCache(folder)).toMatchObject({ entries: 4, values: 6, sound: true });
  });
});

async function fileWith(bytes: Uint8Array): Promise<string> {
  const path = join(folder, "a-file");
  await writeFile(path, bytes);
  return path;
}

function shelfOf(digest: Hash): [string, string] {
  const name = toHex(digest);
  return [name.slice(0, 2), name.slice(2)];
}
