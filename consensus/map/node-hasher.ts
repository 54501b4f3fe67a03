import { HASH_SIZE } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";
import { at, isLeaf } from "./node-arena.ts";
import type { NodeArena, NodeReference } from "./node-arena.ts";
import * as layout from "./node-hash.ts";

const HASH_WORDS = HASH_SIZE / 4;
const LEFT_WORD = layout.INNER_LEFT_OFFSET / 4;
const RIGHT_WORD = layout.INNER_RIGHT_OFFSET / 4;

/** Computes the hashes that are void below a node, each once, in one reusable input buffer. */
export class NodeHasher {
  #arena: NodeArena;
  #hash: layout.HashFunction;
  #inner = layout.innerInput();
  #innerWords = new Uint32Array(this.#inner.buffer);
  #leaf = layout.leafInput();

  constructor(arena: NodeArena, hash: layout.HashFunction) {
    this.#arena = arena;
    this.#hash = hash;
  }

  /** Recursion goes no deeper than a key has bits. */
  ensure(node: NodeReference): void {
    if (isLeaf(node)) {
      this.#ensureLeaf(node);
      return;
    }
    const chunk = this.#arena.inner(node);
    const index = at(node);
    if (chunk.hashed[index] === 1) return;
    const left = chunk.left[index]!;
    const right = chunk.right[index]!;
    this.ensure(left);
    this.ensure(right);
    layout.setInnerBit(this.#inner, chunk.bit[index]!);
    this.#copyHash(left, LEFT_WORD);
    this.#copyHash(right, RIGHT_WORD);
    chunk.hash.set(this.#hash(this.#inner), index * HASH_SIZE);
    chunk.hashed[index] = 1;
  }

  #ensureLeaf(node: NodeReference): void {
    const chunk = this.#arena.leaf(node);
    const index = at(node);
    if (chunk.hashed[index] === 1) return;
    const input = this.#leaf;
    const key = index * MAP_KEY_SIZE;
    for (let offset = 0; offset < MAP_KEY_SIZE; offset++) {
      input[layout.LEAF_KEY_OFFSET + offset] = chunk.key[key + offset]!;
    }
    const row = index * HASH_SIZE;
    for (let offset = 0; offset < HASH_SIZE; offset++) {
      input[layout.LEAF_ROW_OFFSET + offset] = chunk.row[row + offset]!;
    }
    chunk.hash.set(this.#hash(input), index * HASH_SIZE);
    chunk.hashed[index] = 1;
  }

  #copyHash(node: NodeReference, toWord: number): void {
    const words = (isLeaf(node) ? this.#arena.leaf(node) : this.#arena.inner(node)).hashWords;
    const from = at(node) * HASH_WORDS;
    for (let word = 0; word < HASH_WORDS; word++) {
      this.#innerWords[toWord + word] = words[from + word]!;
    }
  }
}
