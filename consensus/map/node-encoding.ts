import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_BITS, MAP_KEY_SIZE } from "../limits.ts";
import { innerHash, leafHash } from "./node-hash.ts";
import type { HashFunction } from "./node-hash.ts";

/** A trie node as it travels in a state transfer; it proves itself by its hash. */
export type TransferredNode =
  | { readonly type: "inner"; readonly bit: number; readonly left: Hash; readonly right: Hash }
  | { readonly type: "leaf"; readonly key: Uint8Array; readonly rowHash: Hash };

const INNER = 1;
const LEAF = 2;
const INNER_SIZE = 3 + 2 * HASH_SIZE;
const LEAF_SIZE = 1 + MAP_KEY_SIZE + HASH_SIZE;

export function encodeNode(node: TransferredNode): Uint8Array {
  if (node.type === "leaf") {
    const bytes = new Uint8Array(LEAF_SIZE);
    bytes[0] = LEAF;
    bytes.set(node.key, 1);
    bytes.set(node.rowHash, 1 + MAP_KEY_SIZE);
    return bytes;
  }
  const bytes = new Uint8Array(INNER_SIZE);
  bytes[0] = INNER;
  bytes[1] = node.bit >> 8;
  bytes[2] = node.bit & 255;
  bytes.set(node.left, 3);
  bytes.set(node.right, 3 + HASH_SIZE);
  return bytes;
}

/** Undefined for anything that is not the encoding of a node. */
export function decodeNode(bytes: Uint8Array): TransferredNode | undefined {
  if (bytes[0] === LEAF && bytes.length === LEAF_SIZE) {
    const key = bytes.slice(1, 1 + MAP_KEY_SIZE);
    return { type: "leaf", key, rowHash: bytes.slice(1 + MAP_KEY_SIZE) as Hash };
  }
  if (bytes[0] !== INNER || bytes.length !== INNER_SIZE) return undefined;
  const bit = bytes[1]! * 256 + bytes[2]!;
  if (bit >= MAP_KEY_BITS) return undefined;
  const left = bytes.slice(3, 3 + HASH_SIZE) as Hash;
  return { type: "inner", bit, left, right: bytes.slice(3 + HASH_SIZE) as Hash };
}

export function hashOfNode(hash: HashFunction, node: TransferredNode): Hash {
  return node.type === "leaf"
    ? leafHash(hash, node.key, node.rowHash)
    : innerHash(hash, node.bit, node.left, node.right);
}
