import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import fc from "fast-check";
import { compareBytes, toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { bitOf, emptyRoot, innerHash, leafHash } from "./node-hash.ts";
import { AuthenticatedMap } from "./trie.ts";
import type { MapVersion } from "./trie.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;

/** The dumb one: sorts everything and hashes everything, each time. */
function referenceRoot(rows: ReadonlyMap<string, readonly [Uint8Array, Hash]>): Hash {
  const entries = [...rows.values()].sort(([left], [right]) => compareBytes(left, right));
  const rootOf = (from: number, to: number): Hash => {
    const [first, rowHash] = entries[from]!;
    if (to - from === 1) return leafHash(hash, first, rowHash);
    const last = entries[to - 1]![0];
    let bit = 0;
    while (bitOf(first, bit) === bitOf(last, bit)) bit++;
    let middle = from;
    while (bitOf(entries[middle]![0], bit) === 0) middle++;
    return innerHash(hash, bit, rootOf(from, middle), rootOf(middle, to));
  };
  return entries.length === 0 ? emptyRoot(hash) : rootOf(0, entries.length);
}

/** Few distinct bytes at few places: keys that share long prefixes, and collide often. */
const key: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.constantFrom(0, 1, 128, 255), fc.constantFrom(0, 1, 2, 3, 64, 255), fc.boolean())
  .map(([first, second, late]) => {
    const bytes = new Uint8Array(MAP_KEY_SIZE).fill(7);
    bytes[0] = first;
    bytes[late ? MAP_KEY_SIZE - 1 : 1] = second;
    return bytes;
  });

type Action = { type: "set"; key: Uint8Array; value: number } | { type: "delete"; key: Uint8Array };
const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key, value: fc.nat(5) }),
  fc.record({ type: fc.constant("delete" as const), key }),
);
const rowHashOf = (value: number): Hash => hash(Uint8Array.of(value));

function apply(
  map: AuthenticatedMap,
  rows: Map<string, readonly [Uint8Array, Hash]>,
  step: Action,
): void {
  if (step.type === "set") {
    map.set(step.key, rowHashOf(step.value));
    rows.set(toHex(step.key), [step.key, rowHashOf(step.value)]);
  } else {
    expect(map.delete(step.key)).toBe(rows.delete(toHex(step.key)));
  }
}

describe("the authenticated map", () => {
  it("has the root of a full rebuild after any batches of sets and deletes", () => {
    fc.assert(
      fc.property(fc.array(fc.array(action, { maxLength: 8 }), { maxLength: 12 }), (batches) => {
        const map = new AuthenticatedMap(hash);
        const rows = new Map<string, readonly [Uint8Array, Hash]>();
        for (const batch of batches) {
          for (const step of batch) apply(map, rows, step);
          const version = map.commit();
          expect(toHex(version.root)).toBe(toHex(referenceRoot(rows)));
          expect(version.size).toBe(rows.size);
          map.release(version);
        }
        for (const [bytes, rowHash] of rows.values()) expect(map.get(bytes)).toEqual(rowHash);
      }),
    );
  });

  it("keeps old versions as they were while later ones change, and frees what is released", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(action, { maxLength: 6 }), { minLength: 1, maxLength: 10 }),
        fc.infiniteStream(fc.boolean()),
        (batches, coin) => {
          const map = new AuthenticatedMap(hash);
          const rows = new Map<string, readonly [Uint8Array, Hash]>();
          let kept: { version: MapVersion; rows: Map<string, readonly [Uint8Array, Hash]> }[] = [];
          for (const batch of batches) {
            for (const step of batch) apply(map, rows, step);
            kept.push({ version: map.commit(), rows: new Map(rows) });
            kept = kept.filter((old) => {
              const keep = coin.next().value;
              if (!keep) map.release(old.version);
              return keep;
            });
            for (const old of kept) {
              for (const [bytes] of rows.values()) {
                expect(map.getAt(old.version, bytes)).toEqual(old.rows.get(toHex(bytes))?.[1]);
              }
              expect(map.fork(old.version).commit().root).toEqual(referenceRoot(old.rows));
            }
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it("holds exactly one tree's nodes when one version is left", () => {
    const map = new AuthenticatedMap(hash);
    const prng = new Prng(3);
    const keys = Array.from({ length: 500 }, () => prng.bytes(MAP_KEY_SIZE));
    const versions = [];
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 50; count++) {
        const chosen = keys[prng.below(keys.length)]!;
        if (prng.chance(0.3)) map.delete(chosen);
        else map.set(chosen, rowHashOf(prng.below(200)));
      }
      versions.push(map.commit());
    }
    for (const version of versions) map.release(version);
    expect(map.arena.nodeCount).toBe(2 * map.size - 1);
    for (const each of keys) map.delete(each);
    expect(map.arena.nodeCount).toBe(0);
    expect(map.commit().root).toEqual(emptyRoot(hash));
  });

  it("does not depend on the order in which entries came", () => {
    const prng = new Prng(5);
    const keys = Array.from({ length: 3000 }, () => prng.bytes(MAP_KEY_SIZE));
    const forwards = new AuthenticatedMap(hash);
    const backwards = new AuthenticatedMap(hash);
    for (const each of keys) forwards.set(each, rowHashOf(1));
    for (const each of keys.toReversed()) backwards.set(each, rowHashOf(1));
    expect(forwards.commit().root).toEqual(backwards.commit().root);
  });

  it("goes back to a version that was kept", () => {
    const map = new AuthenticatedMap(hash);
    const one = new Uint8Array(MAP_KEY_SIZE).fill(1);
    map.set(one, rowHashOf(1));
    const version = map.commit();
    map.set(one, rowHashOf(2));
    map.commit();
    map.reset(version);
    expect(map.get(one)).toEqual(rowHashOf(1));
    expect(map.commit().root).toEqual(version.root);
  });
});
