import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  merkleLevels,
  merklePath,
  merkleRoot,
  merkleRootOfPath,
  verifyMerklePath,
} from "./merkle.ts";
import type { Hash } from "./types.ts";

const hash = (bytes: Uint8Array): Hash =>
  new Uint8Array(createHash("sha256").update(bytes).digest()) as Hash;
const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => Uint8Array.of(index >> 8, index & 255));
const position = (
  leafIndex: number,
  leafCount: number,
): { leafIndex: number; leafCount: number } => ({
  leafIndex,
  leafCount,
});

describe("a leaf is provable at its place", () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 9, 33, 256])("in a tree of %i", (count) => {
    const leaves = leavesOf(count);
    const levels = merkleLevels(hash, leaves);
    const root = merkleRoot(hash, leaves);
    leaves.forEach((leaf, index) => {
      const path = merklePath(levels, index);
      expect(verifyMerklePath(hash, leaf, position(index, count), path, root)).toBe(true);
    });
  });
});

describe("and nowhere else", () => {
  const shape = fc
    .integer({ min: 2, max: 40 })
    .chain((count) =>
      fc.record({ count: fc.constant(count), at: fc.nat(count - 1), other: fc.nat(count - 1) }),
    );

  it("not at another index of the same tree", () => {
    fc.assert(
      fc.property(shape, ({ count, at, other }) => {
        fc.pre(at !== other);
        const leaves = leavesOf(count);
        const path = merklePath(merkleLevels(hash, leaves), at);
        const root = merkleRoot(hash, leaves);
        expect(
          verifyMerklePath(hash, leaves[at] as Uint8Array, position(other, count), path, root),
        ).toBe(false);
      }),
    );
  });

  it("not with a path that is too long, too short or changed", () => {
    const leaves = leavesOf(6);
    const path = merklePath(merkleLevels(hash, leaves), 2);
    const root = merkleRoot(hash, leaves);
    const at = position(2, 6);
    const leaf = leaves[2] as Uint8Array;
    expect(merkleRootOfPath(hash, leaf, at, path.slice(1))).toBeUndefined();
    expect(merkleRootOfPath(hash, leaf, at, [...path, root])).toBeUndefined();
    expect(verifyMerklePath(hash, leaf, at, path.toReversed(), root)).toBe(false);
    expect(merkleRootOfPath(hash, leaf, position(6, 6), path)).toBeUndefined();
    expect(merkleRootOfPath(hash, leaf, position(-1, 6), path)).toBeUndefined();
  });

  it("an inner node is no leaf: the tags differ", () => {
    const leaves = leavesOf(4);
    const levels = merkleLevels(hash, leaves);
    const [left, right] = levels[0] as [Hash, Hash];
    const forged = Uint8Array.of(...left, ...right);
    expect(merkleRoot(hash, [forged, ...leaves.slice(2)])).not.toEqual(merkleRoot(hash, leaves));
  });

  it("an empty tree is our own fault", () => {
    expect(() => merkleRoot(hash, [])).toThrow(/broken invariant/);
  });
});
