import { invariant } from "../../base/assert.ts";
import type { Hash } from "../../base/types.ts";
import { HASH_SIZE } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { bitOf } from "./node-hash.ts";

/**
 * The trie's nodes in typed arrays: no object a node, so that a million entries cost the garbage
 * collector nothing. Slots come in chunks that never move, and are counted: a slot is free again
 * when nothing refers to it. All of a node lies together, because a trie that is larger than the
 * processor's cache pays for each line that it touches.
 *
 * A reference is slot × 2, plus 1 for a leaf; 0 is no node. A node with one reference under a root
 * that is itself owned by one version is that version's own and may be changed in place.
 *
 *   inner, words   count | bit, and whether it is hashed | left | right | hash (8)
 *   leaf, words    count | whether it is hashed | hash (8) | key (33 bytes, padded) | row hash (8)
 */
export type NodeReference = number;

export const NO_NODE: NodeReference = 0;

/** 1,024 slots a chunk: 108 KiB of leaves or 48 KiB of inner nodes, little for a test. */
const CHUNK_BITS = 10;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

/** References are unsigned 32-bit: beyond 2^30 slots an arena cannot grow. */
const SLOT_COUNT_MAX = 2 ** 30;

const HASH_WORDS = HASH_SIZE / 4;
const KEY_WORDS = Math.ceil(MAP_KEY_SIZE / 4);

// Both kinds of node begin alike.
const COUNT = 0;
const STATE = 1;
const HASHED = 0x1_0000;
const BIT_MASK = 0xffff;

const LEFT = 2;
const RIGHT = 3;
const INNER_HASH = 4;
const INNER_WORDS = INNER_HASH + HASH_WORDS;

const LEAF_HASH = 2;
const LEAF_KEY = LEAF_HASH + HASH_WORDS;
const LEAF_ROW = LEAF_KEY + KEY_WORDS;
const LEAF_WORDS = LEAF_ROW + HASH_WORDS;

export const isLeaf = (node: NodeReference): boolean => (node & 1) === 1;

const chunkOf = (node: NodeReference): number => node >>> (1 + CHUNK_BITS);
const innerAt = (node: NodeReference): number => ((node >>> 1) & CHUNK_MASK) * INNER_WORDS;
const leafAt = (node: NodeReference): number => ((node >>> 1) & CHUNK_MASK) * LEAF_WORDS;

/** One kind's slots. */
interface Pool {
  readonly words: Uint32Array[];
  readonly bytes: Uint8Array[];
  readonly free: number[];
  next: number;
}

export class NodeArena {
  // Slot 0 is never used, so that reference 0 can mean no node.
  readonly #inner: Pool = { words: [], bytes: [], free: [], next: 1 };
  readonly #leaves: Pool = { words: [], bytes: [], free: [], next: 1 };

  /** Slots in use, leaves and inner nodes: what versions share is counted once. */
  get nodeCount(): number {
    const used = ({ next, free }: Pool): number => next - 1 - free.length;
    return used(this.#inner) + used(this.#leaves);
  }

  // ---- inner nodes

  bit(inner: NodeReference): number {
    return this.#inner.words[chunkOf(inner)]![innerAt(inner) + STATE]! & BIT_MASK;
  }

  left(inner: NodeReference): NodeReference {
    return this.#inner.words[chunkOf(inner)]![innerAt(inner) + LEFT]!;
  }

  right(inner: NodeReference): NodeReference {
    return this.#inner.words[chunkOf(inner)]![innerAt(inner) + RIGHT]!;
  }

  /** The child on the side of this key's bit. */
  childFor(inner: NodeReference, key: Uint8Array): NodeReference {
    const words = this.#inner.words[chunkOf(inner)]!;
    const at = innerAt(inner);
    const bit = words[at + STATE]! & BIT_MASK;
    return words[at + LEFT + bitOf(key, bit)]!;
  }

  /** The caller's reference to the child becomes the node's. */
  setChildFor(inner: NodeReference, key: Uint8Array, child: NodeReference): void {
    const words = this.#inner.words[chunkOf(inner)]!;
    const at = innerAt(inner);
    const bit = words[at + STATE]! & BIT_MASK;
    words[at + LEFT + bitOf(key, bit)] = child;
  }

  /** Takes over the caller's references to the children. */
  newInner(bit: number, left: NodeReference, right: NodeReference): NodeReference {
    const node = slotOf(this.#inner, INNER_WORDS) * 2;
    const words = this.#inner.words[chunkOf(node)]!;
    const at = innerAt(node);
    words[at + COUNT] = 1;
    words[at + STATE] = bit;
    words[at + LEFT] = left;
    words[at + RIGHT] = right;
    return node;
  }

  /** The node itself if nobody else refers to it, else a copy in its place; its hash is void. */
  own(inner: NodeReference): NodeReference {
    const words = this.#inner.words[chunkOf(inner)]!;
    const at = innerAt(inner);
    const bit = words[at + STATE]! & BIT_MASK;
    if (words[at + COUNT] === 1) {
      words[at + STATE] = bit;
      return inner;
    }
    const left = words[at + LEFT]!;
    const right = words[at + RIGHT]!;
    this.retain(left);
    this.retain(right);
    words[at + COUNT]! -= 1;
    return this.newInner(bit, left, right);
  }

  // ---- leaves

  newLeaf(key: Uint8Array, rowHash: Uint8Array): NodeReference {
    const node = slotOf(this.#leaves, LEAF_WORDS) * 2 + 1;
    const words = this.#leaves.words[chunkOf(node)]!;
    const at = leafAt(node);
    words[at + COUNT] = 1;
    words[at + STATE] = 0;
    const bytes = this.#leaves.bytes[chunkOf(node)]!;
    bytes.set(key, (at + LEAF_KEY) * 4);
    bytes.set(rowHash, (at + LEAF_ROW) * 4);
    return node;
  }

  keyOf(leaf: NodeReference): Uint8Array {
    return this.#copyOf(leaf, LEAF_KEY, MAP_KEY_SIZE);
  }

  rowHashOf(leaf: NodeReference): Hash {
    return this.#copyOf(leaf, LEAF_ROW, HASH_SIZE) as Hash;
  }

  /** First bit in which the leaf's key differs from this one; −1: it is the same. */
  firstDifference(leaf: NodeReference, key: Uint8Array): number {
    const bytes = this.#leaves.bytes[chunkOf(leaf)]!;
    const start = (leafAt(leaf) + LEAF_KEY) * 4;
    for (let offset = 0; offset < MAP_KEY_SIZE; offset++) {
      const difference = bytes[start + offset]! ^ key[offset]!;
      if (difference !== 0) return offset * 8 + Math.clz32(difference) - 24;
    }
    return -1;
  }

  /** Key and row hash into the input of the leaf's hash. */
  copyLeaf(leaf: NodeReference, to: Uint8Array, keyOffset: number, rowOffset: number): void {
    const bytes = this.#leaves.bytes[chunkOf(leaf)]!;
    const key = (leafAt(leaf) + LEAF_KEY) * 4;
    for (let index = 0; index < MAP_KEY_SIZE; index++) to[keyOffset + index] = bytes[key + index]!;
    const row = (leafAt(leaf) + LEAF_ROW) * 4;
    for (let index = 0; index < HASH_SIZE; index++) to[rowOffset + index] = bytes[row + index]!;
  }

  // ---- both

  isHashed(node: NodeReference): boolean {
    const leaf = isLeaf(node);
    const words = (leaf ? this.#leaves : this.#inner).words[chunkOf(node)]!;
    return (words[(leaf ? leafAt(node) : innerAt(node)) + STATE]! & HASHED) !== 0;
  }

  setHash(node: NodeReference, hash: Hash): void {
    const leaf = isLeaf(node);
    const pool = leaf ? this.#leaves : this.#inner;
    const at = leaf ? leafAt(node) : innerAt(node);
    pool.bytes[chunkOf(node)]!.set(hash, (at + (leaf ? LEAF_HASH : INNER_HASH)) * 4);
    pool.words[chunkOf(node)]![at + STATE]! |= HASHED;
  }

  copyHash(node: NodeReference, to: Uint32Array, toWord: number): void {
    const leaf = isLeaf(node);
    const words = (leaf ? this.#leaves : this.#inner).words[chunkOf(node)]!;
    const from = leaf ? leafAt(node) + LEAF_HASH : innerAt(node) + INNER_HASH;
    for (let word = 0; word < HASH_WORDS; word++) to[toWord + word] = words[from + word]!;
  }

  hashOf(node: NodeReference): Hash {
    return this.#copyOf(node, isLeaf(node) ? LEAF_HASH : INNER_HASH, HASH_SIZE) as Hash;
  }

  retain(node: NodeReference): void {
    const leaf = isLeaf(node);
    const words = (leaf ? this.#leaves : this.#inner).words[chunkOf(node)]!;
    words[(leaf ? leafAt(node) : innerAt(node)) + COUNT]! += 1;
  }

  /** Lets go of one reference; what nobody refers to any more is freed, and so on downwards. */
  drop(node: NodeReference): void {
    const stack = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const leaf = isLeaf(next);
      const words = (leaf ? this.#leaves : this.#inner).words[chunkOf(next)]!;
      const at = leaf ? leafAt(next) : innerAt(next);
      const count = words[at + COUNT]!;
      invariant(count > 0, "a dropped node was referred to", { node: next });
      words[at + COUNT] = count - 1;
      if (count > 1) continue;
      if (!leaf) stack.push(words[at + LEFT]!, words[at + RIGHT]!);
      (leaf ? this.#leaves : this.#inner).free.push(next >>> 1);
    }
  }

  #copyOf(node: NodeReference, word: number, size: number): Uint8Array {
    const leaf = isLeaf(node);
    const bytes = (leaf ? this.#leaves : this.#inner).bytes[chunkOf(node)]!;
    const from = ((leaf ? leafAt(node) : innerAt(node)) + word) * 4;
    return bytes.slice(from, from + size);
  }
}

function slotOf(pool: Pool, wordsPerNode: number): number {
  const free = pool.free.pop();
  if (free !== undefined) return free;
  const slot = pool.next++;
  invariant(slot < SLOT_COUNT_MAX, "the trie fits its references", { slot });
  if (slot >> CHUNK_BITS === pool.words.length) {
    const words = new Uint32Array(CHUNK_SIZE * wordsPerNode);
    pool.words.push(words);
    pool.bytes.push(new Uint8Array(words.buffer));
  }
  return slot;
}
