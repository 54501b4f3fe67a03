import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { MapProof } from "../wire/receipt.ts";
import { verifyMapProof } from "./map-proof.ts";
import { bitOf, innerHash, leafHash } from "./node-hash.ts";
import type { HashFunction } from "./node-hash.ts";
import { AuthenticatedMap } from "./trie.ts";

export interface SubtreeLeaf {
  readonly key: Uint8Array;
  readonly rowHash: Hash;
}

/**
 * Whether these are all leaves of the map whose keys begin as `prefix` does in its first
 * `bitCount` bits. `proof` is of the first of them, or of `prefix` itself if there is none.
 *
 * Keys that share a prefix hang below one node, and above it the map branches at bits of the prefix
 * only. So the map of these leaves alone has that node's hash exactly if it has all of them, and
 * the proof of any of them leads through it.
 */
export function isWholeSubtree(
  hash: HashFunction,
  root: Hash,
  { prefix, bitCount }: { readonly prefix: Uint8Array; readonly bitCount: number },
  leaves: readonly SubtreeLeaf[],
  proof: MapProof,
): boolean {
  const first = leaves[0];
  const verdict = verifyMapProof(hash, root, first?.key ?? prefix, proof);
  if (verdict === undefined) return false;
  const { leafKey, leafRowHash } = proof;
  if (first === undefined) {
    // The search for any key with the prefix ends below that node if it exists.
    return !verdict.present && (leafKey === undefined || !hasPrefix(leafKey, prefix, bitCount));
  }
  if (!verdict.present || leafKey === undefined || leafRowHash === undefined) return false;
  const map = new AuthenticatedMap(hash);
  for (const { key, rowHash } of leaves) {
    if (!hasPrefix(key, prefix, bitCount)) return false;
    map.set(key, rowHash);
  }
  let node = leafHash(hash, leafKey, leafRowHash);
  for (const { bit, sibling } of proof.steps) {
    if (bit < bitCount) break;
    const isRight = bitOf(leafKey, bit) === 1;
    node = isRight ? innerHash(hash, bit, sibling, node) : innerHash(hash, bit, node, sibling);
  }
  return map.size === leaves.length && equalBytes(node, map.commit().root);
}

export function hasPrefix(key: Uint8Array, prefix: Uint8Array, bitCount: number): boolean {
  for (let bit = 0; bit < bitCount; bit++) if (bitOf(key, bit) !== bitOf(prefix, bit)) return false;
  return true;
}
