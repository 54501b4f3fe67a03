import { MAP_KEY_BITS } from "../limits.ts";
import { NO_NODE, isLeaf } from "./node-arena.ts";
import type { NodeArena, NodeReference } from "./node-arena.ts";
import { bitOf } from "./node-hash.ts";

/**
 * The keys below a root that come after `key` in byte order, at most so many. A crit-bit trie holds
 * them in order: only where the search leaves the key's own path there is a choice to make.
 */
export function keysAfter(
  arena: NodeArena,
  root: NodeReference,
  key: Uint8Array,
  countMax: number,
): Uint8Array[] {
  if (root === NO_NODE) return [];
  const keys: Uint8Array[] = [];
  const waiting = branchesAfter(arena, root, key);
  while (waiting.length > 0 && keys.length < countMax) {
    let node = waiting.pop()!;
    while (!isLeaf(node)) {
      waiting.push(arena.right(node));
      node = arena.left(node);
    }
    keys.push(arena.keyOf(node));
  }
  return keys;
}

/** The subtrees whose keys are all later, the nearest last. */
function branchesAfter(arena: NodeArena, root: NodeReference, key: Uint8Array): NodeReference[] {
  let reached = root;
  while (!isLeaf(reached)) reached = arena.childFor(reached, key);
  const difference = arena.firstDifference(reached, key);
  const later: NodeReference[] = [];
  const end = difference < 0 ? MAP_KEY_BITS : difference;
  let node = root;
  while (!isLeaf(node) && arena.bit(node) < end) {
    if (bitOf(key, arena.bit(node)) === 0) later.push(arena.right(node));
    node = arena.childFor(node, key);
  }
  // Below the first difference all keys are on one side of this one.
  if (difference >= 0 && bitOf(key, difference) === 0) later.push(node);
  return later;
}
