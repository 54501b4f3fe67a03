import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { POLICY_BITS, POLICY_START } from "./policy-subtree.ts";
import { SPACE } from "./state-keys.ts";
import { AuthenticatedMap } from "./trie.ts";
import { hasPrefix, isWholeSubtree } from "./whole-subtree.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;
const POLICY = { prefix: POLICY_START, bitCount: POLICY_BITS };

/** Keys in few spaces and with few different bytes, so that many share long beginnings. */
const someKeys = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 10 }), fc.nat(3), fc.nat(3), fc.nat(255)), {
    minLength: 0,
    maxLength: 40,
    selector: (parts) => parts.join(),
  })
  .map((all) =>
    all.map(([space, first, second, last]) => {
      const key = new Uint8Array(MAP_KEY_SIZE);
      key.set([space, first, second]);
      key[MAP_KEY_SIZE - 1] = last;
      return key;
    }),
  );

function mapOf(keys: readonly Uint8Array[]): AuthenticatedMap {
  const map = new AuthenticatedMap(hash);
  for (const key of keys) map.set(key, hash(key));
  return map;
}

const sorted = (keys: readonly Uint8Array[]): Uint8Array[] => keys.toSorted(compareBytes);
const leavesOf = (keys: readonly Uint8Array[]): { key: Uint8Array; rowHash: Hash }[] =>
  keys.map((key) => ({ key, rowHash: hash(key) }));
const isPolicy = (key: Uint8Array): boolean => hasPrefix(key, POLICY_START, POLICY_BITS);

describe("keys after a key", () => {
  it("are the later ones in order, whether the key is there or not", () => {
    fc.assert(
      fc.property(someKeys, someKeys, fc.integer({ min: 1, max: 9 }), (keys, asked, count) => {
        const map = mapOf(keys);
        for (const key of [...keys, ...asked]) {
          const later = sorted(keys).filter((each) => compareBytes(each, key) > 0);
          expect(map.keysAfter(key, count)).toEqual(later.slice(0, count));
        }
      }),
    );
  });

  it("are asked of an older version, too", () => {
    const [one, other] = [
      new Uint8Array(MAP_KEY_SIZE).fill(1),
      new Uint8Array(MAP_KEY_SIZE).fill(2),
    ];
    const map = mapOf([one]);
    const version = map.commit();
    map.set(other, hash(other));
    const start = new Uint8Array(MAP_KEY_SIZE);
    expect(map.keysAfterAt(version, start, 9)).toEqual([one]);
    expect(map.keysAfter(start, 9)).toEqual([one, other]);
  });
});

describe("the proof that these are all", () => {
  it("holds for the keys of policy, none of them included", () => {
    expect(isPolicy(Uint8Array.of(SPACE.writer)) && isPolicy(Uint8Array.of(SPACE.namespace))).toBe(
      true,
    );
    const others = Object.values(SPACE).filter((space) => !isPolicy(Uint8Array.of(space)));
    expect(others).toHaveLength(Object.keys(SPACE).length - 2);
    fc.assert(
      fc.property(someKeys, (keys) => {
        const map = mapOf(keys);
        const version = map.commit();
        const all = sorted(keys).filter(isPolicy);
        const proof = map.prove(version, all[0] ?? POLICY_START);
        expect(isWholeSubtree(hash, version.root, POLICY, leavesOf(all), proof)).toBe(true);
      }),
    );
  });

  it("fails when one is left out, added, changed or replaced, and under another root", () => {
    fc.assert(
      fc.property(someKeys, fc.nat(), fc.nat(255), (keys, at, byte) => {
        const map = mapOf(keys);
        const version = map.commit();
        const all = sorted(keys).filter(isPolicy);
        fc.pre(all.length > 0);
        const proof = map.prove(version, all[0]!);
        const holds = (some: readonly { key: Uint8Array; rowHash: Hash }[]): boolean =>
          isWholeSubtree(hash, version.root, POLICY, some, proof);
        const index = at % all.length;
        const leaves = leavesOf(all);
        expect(holds(leaves.toSpliced(index, 1))).toBe(false);
        expect(holds(leaves.with(index, { ...leaves[index]!, rowHash: hash(POLICY_START) }))).toBe(
          false,
        );
        const stranger = all[index]!.slice();
        stranger[10] = byte | 1;
        expect(holds([...leaves, { key: stranger, rowHash: hash(stranger) }])).toBe(false);
        expect(holds([...leaves, leaves[index]!])).toBe(false);
        const other = hash(version.root);
        expect(isWholeSubtree(hash, other, POLICY, leaves, proof)).toBe(false);
      }),
    );
  });

  it("of none fails where there are some", () => {
    const key = Uint8Array.of(SPACE.writer, ...new Uint8Array(MAP_KEY_SIZE - 1).fill(7));
    const map = mapOf([key, new Uint8Array(MAP_KEY_SIZE).fill(1)]);
    const version = map.commit();
    const proof = map.prove(version, POLICY_START);
    expect(isWholeSubtree(hash, version.root, POLICY, [], proof)).toBe(false);
  });
});
