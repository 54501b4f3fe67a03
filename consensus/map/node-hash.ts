import { utf8 } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { HASH_SIZE } from "../../base/types.ts";
import { MAP_KEY_SIZE, ROW_BYTES_MAX } from "../limits.ts";

/**
 * The digests that the state root is made of. Tags keep leaf, inner node, row and empty map apart;
 * the tags of nodes have a length that is a multiple of four, so that a trie can copy its hashes
 * into the input by words.
 *
 *   row    H(tag ‖ row)                                  rows are hashed apart, so that a proof of
 *   leaf   H(tag ‖ key ‖ row hash)                       absence needs no row
 *   inner  H(tag ‖ branch bit, 4 bytes ‖ left ‖ right)
 *   empty  H(tag)
 */
export type HashFunction = (bytes: Uint8Array) => Hash;

const ROW_TAG = utf8("quorate/map-row/1\0");
const LEAF_TAG = utf8("quorate/map-leaf/1\0\0");
const INNER_TAG = utf8("quorate/map-inner/1\0");
const EMPTY_TAG = utf8("quorate/map-empty/1\0");

export const INNER_BIT_OFFSET: number = INNER_TAG.length;
export const INNER_LEFT_OFFSET: number = INNER_BIT_OFFSET + 4;
export const INNER_RIGHT_OFFSET: number = INNER_LEFT_OFFSET + HASH_SIZE;
export const LEAF_KEY_OFFSET: number = LEAF_TAG.length;
export const LEAF_ROW_OFFSET: number = LEAF_KEY_OFFSET + MAP_KEY_SIZE;

/** An input for an inner node's hash with its tag in place, to be filled in and used again. */
export function innerInput(): Uint8Array {
  const input = new Uint8Array(INNER_RIGHT_OFFSET + HASH_SIZE);
  input.set(INNER_TAG);
  return input;
}

export function leafInput(): Uint8Array {
  const input = new Uint8Array(LEAF_ROW_OFFSET + HASH_SIZE);
  input.set(LEAF_TAG);
  return input;
}

export function setInnerBit(input: Uint8Array, bit: number): void {
  input[INNER_BIT_OFFSET + 2] = bit >> 8;
  input[INNER_BIT_OFFSET + 3] = bit & 255;
}

export function innerHash(hash: HashFunction, bit: number, left: Hash, right: Hash): Hash {
  const input = innerInput();
  setInnerBit(input, bit);
  input.set(left, INNER_LEFT_OFFSET);
  input.set(right, INNER_RIGHT_OFFSET);
  return hash(input);
}

export function leafHash(hash: HashFunction, key: Uint8Array, rowHash: Hash): Hash {
  const input = leafInput();
  input.set(key, LEAF_KEY_OFFSET);
  input.set(rowHash, LEAF_ROW_OFFSET);
  return hash(input);
}

export function emptyRoot(hash: HashFunction): Hash {
  return hash(EMPTY_TAG);
}

// One buffer for all rows: a hash is computed in one go, and nothing keeps its input.
const rowInput = new Uint8Array(ROW_TAG.length + ROW_BYTES_MAX);
rowInput.set(ROW_TAG);

/** Rows above ROW_BYTES_MAX do not exist; the caller has checked. */
export function rowHash(hash: HashFunction, row: Uint8Array): Hash {
  rowInput.set(row, ROW_TAG.length);
  return hash(rowInput.subarray(0, ROW_TAG.length + row.length));
}

/** Bits are counted from the most significant of the first byte. */
export function bitOf(key: Uint8Array, bit: number): number {
  return ((key[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1;
}
