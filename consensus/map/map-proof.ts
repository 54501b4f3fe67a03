import { equalBytes } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_BITS, MAP_KEY_SIZE } from "../limits.ts";
import type { MapProof } from "../wire/receipt.ts";
import { bitOf, emptyRoot, innerHash, leafHash } from "./node-hash.ts";
import type { HashFunction } from "./node-hash.ts";

export type MapVerdict =
  | { readonly present: true; readonly rowHash: Hash }
  | { readonly present: false };

/**
 * What a proof shows of `key` under `root`; undefined: nothing. Never throws.
 *
 * Under an honest root there is one leaf for each key that the key's own bits lead to, and the key
 * is in the map exactly if that leaf bears it. So it is enough that
 *
 * 1. the hashes lead from the leaf to the root (which fixes each node's branch bit, too),
 * 2. bits strictly fall from the leaf upwards, and
 * 3. at each branch the key goes the way that leads to the leaf.
 */
export function verifyMapProof(
  hash: HashFunction,
  root: Hash,
  key: Uint8Array,
  proof: MapProof,
): MapVerdict | undefined {
  const { leafKey, leafRowHash, steps } = proof;
  if (key.length !== MAP_KEY_SIZE) return undefined;
  if (leafKey === undefined || leafRowHash === undefined) {
    const empty = leafKey === undefined && leafRowHash === undefined && steps.length === 0;
    return empty && equalBytes(root, emptyRoot(hash)) ? { present: false } : undefined;
  }
  if (leafKey.length !== MAP_KEY_SIZE || leafRowHash.length !== HASH_SIZE) return undefined;
  let node = leafHash(hash, leafKey, leafRowHash);
  let below = MAP_KEY_BITS;
  for (const { bit, sibling } of steps) {
    if (!Number.isInteger(bit) || bit < 0 || bit >= below) return undefined;
    if (sibling.length !== HASH_SIZE) return undefined;
    const side = bitOf(key, bit);
    if (side !== bitOf(leafKey, bit)) return undefined;
    node = side === 0 ? innerHash(hash, bit, node, sibling) : innerHash(hash, bit, sibling, node);
    below = bit;
  }
  if (!equalBytes(node, root)) return undefined;
  return equalBytes(leafKey, key) ? { present: true, rowHash: leafRowHash } : { present: false };
}
