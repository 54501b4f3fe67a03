import { invariant } from "./assert.ts";
import { equalBytes } from "./bytes.ts";
import { hashParts } from "./hash-parts.ts";
import type { Hash } from "./types.ts";

/**
 * A plain binary Merkle tree over a short list (the writes of a write set, the votes of a pack).
 *
 * Leaves and inner nodes carry different tags, so that no inner node can be passed off as a leaf.
 * A level of odd length promotes its last node unchanged; the leaf count is part of what is
 * signed, so the promotion cannot be used to show the same leaf at two positions.
 */
export type HashFunction = (bytes: Uint8Array) => Hash;

const LEAF_TAG = Uint8Array.of(0);
const INNER_TAG = Uint8Array.of(1);

export function leafHash(hash: HashFunction, leaf: Uint8Array): Hash {
  return hashParts(hash, LEAF_TAG, leaf);
}

function innerHash(hash: HashFunction, left: Hash, right: Hash): Hash {
  return hashParts(hash, INNER_TAG, left, right);
}

/** All levels from the leaves' hashes to the root, for {@link merklePath}. At least one leaf. */
export function merkleLevels(hash: HashFunction, leaves: readonly Uint8Array[]): Hash[][] {
  invariant(leaves.length > 0, "a Merkle tree has a leaf");
  let level = leaves.map((leaf) => leafHash(hash, leaf));
  const levels = [level];
  while (level.length > 1) {
    const next: Hash[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index] as Hash;
      const right = level[index + 1];
      next.push(right === undefined ? left : innerHash(hash, left, right));
    }
    levels.push(next);
    level = next;
  }
  return levels;
}

export function merkleRoot(hash: HashFunction, leaves: readonly Uint8Array[]): Hash {
  const levels = merkleLevels(hash, leaves);
  return levels[levels.length - 1]?.[0] as Hash;
}

/** Sibling hashes from the leaf upwards; levels where the node is promoted contribute none. */
export function merklePath(levels: readonly (readonly Hash[])[], leafIndex: number): Hash[] {
  const path: Hash[] = [];
  let index = leafIndex;
  for (const level of levels.slice(0, -1)) {
    const sibling = level[index ^ 1];
    if (sibling !== undefined) path.push(sibling);
    index >>= 1;
  }
  return path;
}

/** The root that `leaf` at `leafIndex` of `leafCount` leads to, or undefined if the path does not fit. */
export function merkleRootOfPath(
  hash: HashFunction,
  leaf: Uint8Array,
  position: { readonly leafIndex: number; readonly leafCount: number },
  path: readonly Hash[],
): Hash | undefined {
  let { leafIndex: index, leafCount: width } = position;
  if (index < 0 || index >= width) return undefined;
  let node = leafHash(hash, leaf);
  let used = 0;
  while (width > 1) {
    if ((index ^ 1) < width) {
      const sibling = path[used++];
      if (sibling === undefined) return undefined;
      node = index % 2 === 0 ? innerHash(hash, node, sibling) : innerHash(hash, sibling, node);
    }
    index >>= 1;
    width = (width + 1) >> 1;
  }
  return used === path.length ? node : undefined;
}

export function verifyMerklePath(
  hash: HashFunction,
  leaf: Uint8Array,
  position: { readonly leafIndex: number; readonly leafCount: number },
  path: readonly Hash[],
  root: Hash,
): boolean {
  const reached = merkleRootOfPath(hash, leaf, position, path);
  return reached !== undefined && equalBytes(reached, root);
}
