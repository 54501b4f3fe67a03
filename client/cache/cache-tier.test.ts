import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Hash } from "../../base/types.ts";
import type { CachedEntry, CacheTier } from "./cache-tier.ts";
import { DiskTier } from "./disk-tier.ts";
import { LocalCache } from "./local-cache.ts";
import { MemoryTier } from "./memory-tier.ts";

/** One suite for every tier: what a user of the cache may rely on, wherever it lies. */

const MIB = 1024 * 1024;

const tiers: readonly (readonly [string, (folder: string) => Promise<CacheTier>])[] = [
  ["L1, memory", () => Promise.resolve(new MemoryTier({ bytesMax: 4 * MIB }))],
  ["L2, disk", (folder) => DiskTier.open({ folder, bytesMax: 4 * MIB })],
  [
    "both together",
    (folder) => LocalCache.open({ folder, memoryBytesMax: 64 * 1024, diskBytesMax: 4 * MIB }),
  ],
];

function sha256(bytes: Uint8Array): Hash {
  return new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;
}

function valueOf(seed: number, size: number): Uint8Array {
  return new Uint8Array(size).fill(seed);
}

function entryOf(seed: number): CachedEntry {
  return {
    location: sha256(Uint8Array.of(seed)),
    valueDigest: sha256(Uint8Array.of(seed, 1)),
    size: 77,
    record: Uint8Array.of(seed, 2, 3),
  };
}

async function contentOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}

/** For large values: comparing megabytes element by element is slow. */
async function digestOf(stream: AsyncIterable<Uint8Array>): Promise<Hash> {
  return sha256(await contentOf(stream));
}

describe.each(tiers)("a cache tier (%s)", (_name, open) => {
  let folder = "";
  let tier: CacheTier;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "quorate-cache-"));
    tier = await open(folder);
  });
  afterEach(async () => {
    await tier.close();
    await rm(folder, { recursive: true });
  });

  it("answers nothing for what was never put", () => {
    expect(tier.getEntry(entryOf(1).location)).toBeUndefined();
    expect(tier.getValue(sha256(valueOf(1, 10)))).toBeUndefined();
    expect(tier.counts().hits).toBe(0);
  });

  it("gives an entry back at once and after a flush, as it was", async () => {
    tier.putEntry(entryOf(1));
    expect(tier.getEntry(entryOf(1).location)).toEqual(entryOf(1));
    await tier.flush();
    expect(tier.getEntry(entryOf(1).location)).toEqual(entryOf(1));
  });

  it("replaces an entry and forgets a dropped one", async () => {
    tier.putEntry(entryOf(1));
    await tier.flush();
    tier.putEntry({ ...entryOf(1), record: Uint8Array.of(9) });
    expect(tier.getEntry(entryOf(1).location)?.record).toEqual(Uint8Array.of(9));
    tier.dropEntry(entryOf(1).location);
    expect(tier.getEntry(entryOf(1).location)).toBeUndefined();
    await tier.flush();
    expect(tier.getEntry(entryOf(1).location)).toBeUndefined();
    expect(tier.counts().entries).toBe(0);
  });

  it.each([0, 1, 1024, 16 * 1024, 16 * 1024 + 1, 700_000])(
    "gives a value of %i bytes back at once and after a flush",
    async (size) => {
      const bytes = valueOf(7, size);
      tier.putValue(sha256(bytes), bytes);
      expect(await digestOf(tier.getValue(sha256(bytes))!.stream())).toEqual(sha256(bytes));
      await tier.flush();
      const value = tier.getValue(sha256(bytes))!;
      expect(value.size).toBe(size);
      expect(await digestOf(value.stream())).toEqual(sha256(bytes));
    },
  );

  it("takes a value in pieces and shows it only when it is whole", async () => {
    const bytes = valueOf(3, 1000);
    const digest = sha256(bytes);
    const writer = (await tier.startValue(digest, bytes.length))!;
    await writer.write(bytes.subarray(0, 600));
    expect(tier.getValue(digest)).toBeUndefined();
    await writer.write(bytes.subarray(600));
    await writer.commit();
    expect(await contentOf(tier.getValue(digest)!.stream())).toEqual(bytes);
  });

  it.each([
    ["too few bytes", valueOf(3, 999)],
    ["too many bytes", valueOf(3, 1001)],
    ["other bytes", valueOf(4, 1000)],
  ])("refuses a value in pieces with %s", async (_what, written) => {
    const digest = sha256(valueOf(3, 1000));
    const writer = (await tier.startValue(digest, 1000))!;
    await writer.write(written);
    await expect(writer.commit()).rejects.toMatchObject({ code: "VALUE_MISMATCH" });
    expect(tier.getValue(digest)).toBeUndefined();
  });

  it("forgets a value that was begun and aborted", async () => {
    const digest = sha256(valueOf(3, 1000));
    const writer = (await tier.startValue(digest, 1000))!;
    await writer.write(valueOf(3, 500));
    await writer.abort();
    expect(tier.getValue(digest)).toBeUndefined();
  });

  it("sheds a value that would take more than its share", async () => {
    const bytes = valueOf(1, 2 * MIB);
    tier.putValue(sha256(bytes), bytes);
    await tier.flush();
    expect(tier.getValue(sha256(bytes))).toBeUndefined();
    expect(await tier.startValue(sha256(bytes), bytes.length)).toBeUndefined();
    expect(tier.counts().shed).toBeGreaterThan(0);
  });

  it("stays below its bound by letting the least recently used go", async () => {
    const values = Array.from({ length: 12 }, (_, seed) => valueOf(seed, 500_000));
    const [first, second] = [sha256(values[0]!), sha256(values[1]!)];
    for (const bytes of values.slice(0, 8)) {
      tier.putValue(sha256(bytes), bytes);
      await tier.flush();
    }
    await contentOf(tier.getValue(first)!.stream());
    for (const bytes of values.slice(8)) {
      tier.putValue(sha256(bytes), bytes);
      await tier.flush();
    }
    expect(tier.counts().bytes).toBeLessThanOrEqual(4 * MIB);
    expect(tier.counts().evictions).toBeGreaterThan(0);
    expect(tier.getValue(first)).toBeDefined();
    expect(tier.getValue(second)).toBeUndefined();
  });

  it("never lets a pinned value go until it is unpinned", async () => {
    const pinned = valueOf(200, 500_000);
    tier.pin(sha256(pinned));
    tier.putValue(sha256(pinned), pinned);
    const fill = async (from: number): Promise<void> => {
      for (let seed = from; seed < from + 12; seed++) {
        const bytes = valueOf(seed, 500_000);
        tier.putValue(sha256(bytes), bytes);
        await tier.flush();
      }
    };
    await fill(0);
    expect(tier.getValue(sha256(pinned))).toBeDefined();
    tier.unpin(sha256(pinned));
    await fill(20);
    await fill(40);
    expect(tier.getValue(sha256(pinned))).toBeUndefined();
  });
});
