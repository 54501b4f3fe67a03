import { invariant } from "../../base/assert.ts";
import { HASH_SIZE } from "../../base/types.ts";
import { MAP_KEY_SIZE } from "../limits.ts";

/**
 * The trie's nodes in typed arrays: no object a node, so that a million entries cost the garbage
 * collector nothing. Slots come in chunks that never move, and are counted: a slot is free again
 * when nothing refers to it.
 *
 * A reference is slot × 2, plus 1 for a leaf; 0 is no node. A node with one reference under a root
 * that is itself owned by one version is that version's own and may be changed in place.
 */
export type NodeReference = number;

export const NO_NODE: NodeReference = 0;

/** 1,024 slots a chunk: about 110 KiB of leaves or 50 KiB of inner nodes, little for a test. */
const CHUNK_BITS = 10;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;
const HASH_WORDS = HASH_SIZE / 4;

/** References are unsigned 32-bit: beyond 2^30 slots an arena cannot grow. */
const SLOT_COUNT_MAX = 2 ** 30;

export interface InnerChunk {
  readonly hash: Uint8Array;
  readonly hashWords: Uint32Array;
  readonly hashed: Uint8Array;
  readonly count: Uint32Array;
  readonly bit: Uint16Array;
  readonly left: Uint32Array;
  readonly right: Uint32Array;
}

export interface LeafChunk {
  readonly hash: Uint8Array;
  readonly hashWords: Uint32Array;
  readonly hashed: Uint8Array;
  readonly count: Uint32Array;
  readonly key: Uint8Array;
  readonly row: Uint8Array;
}

export const isLeaf = (node: NodeReference): boolean => (node & 1) === 1;
/** Position of a node inside its chunk. */
export const at = (node: NodeReference): number => (node >>> 1) & CHUNK_MASK;

export class NodeArena {
  #inner: InnerChunk[] = [];
  #leaves: LeafChunk[] = [];
  #innerFree: number[] = [];
  #leavesFree: number[] = [];
  // Slot 0 is never used, so that reference 0 can mean no node.
  #innerNext = 1;
  #leavesNext = 1;

  inner(node: NodeReference): InnerChunk {
    return this.#inner[node >>> (1 + CHUNK_BITS)]!;
  }

  leaf(node: NodeReference): LeafChunk {
    return this.#leaves[node >>> (1 + CHUNK_BITS)]!;
  }

  /** Slots in use, leaves and inner nodes: what versions share is counted once. */
  get nodeCount(): number {
    return (
      this.#innerNext -
      1 -
      this.#innerFree.length +
      (this.#leavesNext - 1 - this.#leavesFree.length)
    );
  }

  /** Takes over the caller's references to the children. */
  newInner(bit: number, left: NodeReference, right: NodeReference): NodeReference {
    let slot = this.#innerFree.pop();
    if (slot === undefined) {
      slot = this.#innerNext++;
      invariant(slot < SLOT_COUNT_MAX, "the trie fits its references", { slot });
      if (slot >> CHUNK_BITS === this.#inner.length) this.#inner.push(innerChunk());
    }
    const node = slot * 2;
    const chunk = this.inner(node);
    const index = at(node);
    chunk.bit[index] = bit;
    chunk.left[index] = left;
    chunk.right[index] = right;
    chunk.count[index] = 1;
    chunk.hashed[index] = 0;
    return node;
  }

  newLeaf(key: Uint8Array, rowHash: Uint8Array): NodeReference {
    let slot = this.#leavesFree.pop();
    if (slot === undefined) {
      slot = this.#leavesNext++;
      invariant(slot < SLOT_COUNT_MAX, "the trie fits its references", { slot });
      if (slot >> CHUNK_BITS === this.#leaves.length) this.#leaves.push(leafChunk());
    }
    const node = slot * 2 + 1;
    const chunk = this.leaf(node);
    const index = at(node);
    chunk.key.set(key, index * MAP_KEY_SIZE);
    chunk.row.set(rowHash, index * HASH_SIZE);
    chunk.count[index] = 1;
    chunk.hashed[index] = 0;
    return node;
  }

  retain(node: NodeReference): void {
    const chunk = isLeaf(node) ? this.leaf(node) : this.inner(node);
    chunk.count[at(node)]!++;
  }

  /** Lets go of one reference; what nobody refers to any more is freed, and so on downwards. */
  drop(node: NodeReference): void {
    const stack = [node];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const leaf = isLeaf(next);
      const chunk = leaf ? this.leaf(next) : this.inner(next);
      const index = at(next);
      const count = chunk.count[index]!;
      invariant(count > 0, "a dropped node was referred to", { node: next });
      chunk.count[index] = count - 1;
      if (count > 1) continue;
      if (leaf) {
        this.#leavesFree.push(next >>> 1);
      } else {
        const { left, right } = chunk as InnerChunk;
        stack.push(left[index]!, right[index]!);
        this.#innerFree.push(next >>> 1);
      }
    }
  }

  /** The node itself if nobody else refers to it, else a copy in its place; its hash is void. */
  own(node: NodeReference): NodeReference {
    const chunk = this.inner(node);
    const index = at(node);
    if (chunk.count[index] === 1) {
      chunk.hashed[index] = 0;
      return node;
    }
    const left = chunk.left[index]!;
    const right = chunk.right[index]!;
    this.retain(left);
    this.retain(right);
    chunk.count[index]!--;
    return this.newInner(chunk.bit[index]!, left, right);
  }
}

function innerChunk(): InnerChunk {
  const hashWords = new Uint32Array(CHUNK_SIZE * HASH_WORDS);
  return {
    hash: new Uint8Array(hashWords.buffer),
    hashWords,
    hashed: new Uint8Array(CHUNK_SIZE),
    count: new Uint32Array(CHUNK_SIZE),
    bit: new Uint16Array(CHUNK_SIZE),
    left: new Uint32Array(CHUNK_SIZE),
    right: new Uint32Array(CHUNK_SIZE),
  };
}

function leafChunk(): LeafChunk {
  const hashWords = new Uint32Array(CHUNK_SIZE * HASH_WORDS);
  return {
    hash: new Uint8Array(hashWords.buffer),
    hashWords,
    hashed: new Uint8Array(CHUNK_SIZE),
    count: new Uint32Array(CHUNK_SIZE),
    key: new Uint8Array(CHUNK_SIZE * MAP_KEY_SIZE),
    row: new Uint8Array(CHUNK_SIZE * HASH_SIZE),
  };
}
