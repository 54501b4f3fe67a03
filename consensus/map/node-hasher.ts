import { isLeaf } from "./node-arena.ts";
import type { NodeArena, NodeReference } from "./node-arena.ts";
import * as layout from "./node-hash.ts";

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
    const arena = this.#arena;
    if (arena.isHashed(node)) return;
    if (isLeaf(node)) {
      arena.copyLeaf(node, this.#leaf, layout.LEAF_KEY_OFFSET, layout.LEAF_ROW_OFFSET);
      arena.setHash(node, this.#hash(this.#leaf));
      return;
    }
    const left = arena.left(node);
    const right = arena.right(node);
    this.ensure(left);
    this.ensure(right);
    layout.setInnerBit(this.#inner, arena.bit(node));
    arena.copyHash(left, this.#innerWords, LEFT_WORD);
    arena.copyHash(right, this.#innerWords, RIGHT_WORD);
    arena.setHash(node, this.#hash(this.#inner));
  }
}
