import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import { sequence } from "../../base/types.ts";
import type { Hash, Hlc, PublicKey } from "../../base/types.ts";
import { entryStateKey } from "../../consensus/map/state-keys.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { DigestSet } from "./digest-set.ts";
import { changesOf } from "./row-store.case.ts";
import { Store } from "./store.ts";

let parent: string;
let store: Store;
let graceMs = 0;

const reopen = async (): Promise<void> => {
  store = await Store.open(join(parent, "store"), {
    onDamage: (damage) => {
      throw new Error(damage.what);
    },
    graceMs,
    segmentBytesMax: 20_000,
  });
};
beforeEach(async () => {
  graceMs = 0;
  parent = mkdtempSync(join(tmpdir(), "quorate-collect-"));
  await reopen();
});
afterEach(async () => {
  await store.close();
  rmSync(parent, { recursive: true, force: true });
});

const digestOf = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;
const valueOf = (seed: number, size = 1000): Uint8Array => new Prng(seed).bytes(size);
const zero = new Uint8Array(32);

/** An entry that serves one value, and has a vote for another. */
function entry(at: number, valueDigest: Hash, voted: Hash = valueDigest) {
  const vote = {
    operator: "o",
    kind: "raw/1",
    writer: zero as PublicKey,
    semanticDigest: voted,
    valueDigest: voted,
  };
  const row: EntryRow = {
    ...{ namespace: "n", key: digestOf(valueOf(at)), name: "", kind: "raw/1", state: 2, grade: 2 },
    ...{ confidencePercent: 50, valueDigest, size: 1000, semanticDigest: valueDigest },
    ...{ writer: zero as PublicKey, operator: "o", source: 1, path: [], time: 1n as Hlc },
    ...{ expiry: undefined, ttlMs: 0, version: 1, sequence: sequence(1), inline: false },
    votes: [{ ...vote, size: 1000, version: 0, time: 1n as Hlc, sequence: sequence(1) }],
  };
  return { key: entryStateKey(nodeCrypto.hash, "n", row.key), row: entryRowCodec.encode(row) };
}

async function put(...seeds: number[]): Promise<Hash[]> {
  for (const seed of seeds) await store.values.putSmall(digestOf(valueOf(seed)), valueOf(seed));
  return seeds.map((seed) => digestOf(valueOf(seed)));
}

const has = (digests: readonly Hash[]): boolean[] =>
  digests.map((digest) => store.values.has(digest));

describe("a sweep", () => {
  it("keeps what an entry or a vote names, and removes the rest", async () => {
    const [served, voted, other] = (await put(1, 2, 3)) as [Hash, Hash, Hash];
    store.rows.apply(changesOf(1, [entry(1, served, voted)]));
    expect((await store.collect()).valueCount).toBe(1);
    expect(has([served, voted, other])).toEqual([true, true, false]);
  });

  it("removes what an entry named no longer, and large values alike", async () => {
    const large = valueOf(9, 300_000);
    await pipeline(Readable.from([large]), store.values.openUpload(digestOf(large), large.length));
    const row = entry(1, digestOf(large));
    store.rows.apply(changesOf(1, [row]));
    await store.collect();
    expect(store.values.has(digestOf(large))).toBe(true);
    store.rows.apply(changesOf(2, [{ key: row.key, row: undefined }]));
    expect((await store.collect()).valueCount).toBe(1);
    expect(store.values.has(digestOf(large))).toBe(false);
  });

  it("leaves what is pinned, until the last pin goes", async () => {
    const digests = (await put(1)) as [Hash];
    store.holds.pin(digests[0]);
    store.holds.pin(digests[0]);
    await store.collect();
    store.holds.unpin(digests[0]);
    await store.collect();
    expect(has(digests)).toEqual([true]);
    store.holds.unpin(digests[0]);
    await store.collect();
    expect(has(digests)).toEqual([false]);
  });

  it("leaves everything for the grace period, after a restart too", async () => {
    const digests = await put(1);
    await store.close();
    graceMs = 3_600_000;
    await reopen();
    await store.collect();
    expect(has(digests)).toEqual([true]);
  });

  it("keeps what an entry names that came while it was under way", async () => {
    const digests = (await put(1, 2)) as [Hash, Hash];
    const sweep = store.collect();
    store.rows.apply(changesOf(1, [entry(1, digests[0])]));
    await sweep;
    expect(has(digests)).toEqual([true, false]);
  });

  it("gives the space of dead segments back, and the living stay readable", async () => {
    const seeds = Array.from({ length: 100 }, (_, at) => at);
    const digests = await put(...seeds);
    const kept = digests.filter((_, at) => at % 5 === 0);
    store.rows.apply(
      changesOf(
        1,
        kept.map((digest, at) => entry(at, digest)),
      ),
    );
    const before = readdirSync(join(parent, "store/values")).length;
    const { valueCount, segmentCount } = await store.collect();
    expect(valueCount).toBe(80);
    expect(segmentCount).toBeGreaterThan(0);
    expect(readdirSync(join(parent, "store/values")).length).toBeLessThan(before);
    await store.close();
    await reopen();
    expect(has(digests)).toEqual(seeds.map((at) => at % 5 === 0));
    for (const digest of kept) expect(digestOf(store.values.small(digest) ?? zero)).toEqual(digest);
  });
});

describe("a set of digests", () => {
  it("holds what was added and nothing else, before and after it grew", () => {
    const set = new DigestSet();
    const digests = Array.from({ length: 3000 }, (_, at) => digestOf(valueOf(at, 4)));
    for (const digest of digests.slice(0, 2000)) set.add(digest);
    expect(digests.map((digest) => set.has(digest))).toEqual(digests.map((_, at) => at < 2000));
    for (const digest of digests.slice(2000)) set.add(digest);
    expect(digests.every((digest) => set.has(digest))).toBe(true);
  });
});
