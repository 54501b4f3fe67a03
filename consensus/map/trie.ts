import { invariant } from "../../base/assert.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_BITS, MAP_KEY_SIZE } from "../limits.ts";
import type { MapProof, MapProofStep } from "../wire/receipt.ts";
import { NO_NODE, NodeArena, at, isLeaf } from "./node-arena.ts";
import type { NodeReference } from "./node-arena.ts";
import { bitOf, emptyRoot } from "./node-hash.ts";
import type { HashFunction } from "./node-hash.ts";
import { NodeHasher } from "./node-hasher.ts";
import type { TransferredNode } from "./node-encoding.ts";
import { depthOf, sideAt } from "./node-path.ts";

/** One committed version, readable until it is released. */
export interface MapVersion {
  readonly root: Hash;
  /** Entries in it. */
  readonly size: number;
  readonly node: NodeReference;
}

/**
 * The authenticated map: a binary, path-compressed (crit-bit) Merkle trie from keys of MAP_KEY_SIZE
 * bytes to row hashes. An equal set of entries has an equal root, whatever happened before.
 *
 * 1. An inner node names the first bit in which the keys below it differ; bits grow downwards.
 * 2. `set` and `delete` change the working version only, copying what older versions share.
 * 3. Hashes of changed nodes are void until `commit`, which computes each of them once.
 */
export class AuthenticatedMap {
  #arena: NodeArena;
  #hash: HashFunction;
  #hasher: NodeHasher;
  #root: NodeReference = NO_NODE;
  #size = 0;
  #path = new Uint32Array(MAP_KEY_BITS);
  #pathLength = 0;

  constructor(hash: HashFunction, arena: NodeArena = new NodeArena()) {
    this.#hash = hash;
    this.#arena = arena;
    this.#hasher = new NodeHasher(arena, hash);
  }

  /** Entries in the working version. */
  get size(): number {
    return this.#size;
  }

  get arena(): NodeArena {
    return this.#arena;
  }

  /** Another working version that starts from this one and shares its nodes. */
  fork(version: MapVersion): AuthenticatedMap {
    const map = new AuthenticatedMap(this.#hash, this.#arena);
    map.reset(version);
    return map;
  }

  /** The working version becomes this one. */
  reset(version: MapVersion): void {
    if (version.node !== NO_NODE) this.#arena.retain(version.node);
    if (this.#root !== NO_NODE) this.#arena.drop(this.#root);
    this.#root = version.node;
    this.#size = version.size;
  }

  /** The working version becomes empty. */
  clear(): void {
    if (this.#root !== NO_NODE) this.#arena.drop(this.#root);
    this.#root = NO_NODE;
    this.#size = 0;
  }

  /** The row hash in the working version. */
  get(key: Uint8Array): Hash | undefined {
    return this.#rowHash(this.#root, key);
  }

  has(key: Uint8Array): boolean {
    return this.#root !== NO_NODE && this.#firstDifference(key, this.#descend(key)) < 0;
  }

  getAt(version: MapVersion, key: Uint8Array): Hash | undefined {
    return this.#rowHash(version.node, key);
  }

  set(key: Uint8Array, rowHash: Uint8Array): void {
    invariant(key.length === MAP_KEY_SIZE && rowHash.length === HASH_SIZE, "sizes of an entry");
    if (this.#root === NO_NODE) {
      this.#root = this.#arena.newLeaf(key, rowHash);
      this.#size = 1;
      return;
    }
    const reached = this.#descend(key);
    const bit = this.#firstDifference(key, reached);
    const leaf = this.#arena.newLeaf(key, rowHash);
    if (bit < 0) {
      this.#replace(this.#pathLength, key, leaf);
      this.#arena.drop(reached);
      return;
    }
    let depth = 0;
    while (depth < this.#pathLength && this.#bit(this.#path[depth]!) < bit) depth++;
    const below = depth < this.#pathLength ? this.#path[depth]! : reached;
    const inner =
      bitOf(key, bit) === 0
        ? this.#arena.newInner(bit, leaf, below)
        : this.#arena.newInner(bit, below, leaf);
    this.#replace(depth, key, inner);
    this.#size++;
  }

  /** False: the key was not there. */
  delete(key: Uint8Array): boolean {
    if (this.#root === NO_NODE) return false;
    const leaf = this.#descend(key);
    if (this.#firstDifference(key, leaf) >= 0) return false;
    this.#size--;
    const depth = this.#pathLength;
    if (depth === 0) {
      this.#arena.drop(leaf);
      this.#root = NO_NODE;
      return true;
    }
    const parent = this.#path[depth - 1]!;
    const chunk = this.#arena.inner(parent);
    const index = at(parent);
    const sibling = bitOf(key, chunk.bit[index]!) === 0 ? chunk.right[index]! : chunk.left[index]!;
    this.#arena.retain(sibling);
    this.#replace(depth - 1, key, sibling);
    this.#arena.drop(parent);
    return true;
  }

  /** Computes what is void and keeps the working version as it is now. */
  commit(): MapVersion {
    if (this.#root === NO_NODE) return { root: emptyRoot(this.#hash), size: 0, node: NO_NODE };
    this.#hasher.ensure(this.#root);
    this.#arena.retain(this.#root);
    return { root: this.hashOf(this.#root), size: this.#size, node: this.#root };
  }

  release(version: MapVersion): void {
    if (version.node !== NO_NODE) this.#arena.drop(version.node);
  }

  /** Proves what the version says of the key: presence with its row hash, or absence. */
  prove(version: MapVersion, key: Uint8Array): MapProof {
    if (version.node === NO_NODE) return { leafKey: undefined, leafRowHash: undefined, steps: [] };
    const steps: MapProofStep[] = [];
    let node = version.node;
    while (!isLeaf(node)) {
      const chunk = this.#arena.inner(node);
      const index = at(node);
      const bit = chunk.bit[index]!;
      const right = bitOf(key, bit) === 1;
      const sibling = right ? chunk.left[index]! : chunk.right[index]!;
      steps.push({ bit, sibling: this.hashOf(sibling) });
      node = right ? chunk.right[index]! : chunk.left[index]!;
    }
    return { leafKey: this.keyOf(node), leafRowHash: this.rowHashOf(node), steps: steps.reverse() };
  }

  /** The node at this place below the version's root; undefined: there is none. */
  nodeAt(version: MapVersion, path: Uint8Array): TransferredNode | undefined {
    let node = version.node;
    for (let depth = depthOf(path); depth > 0; depth--) {
      if (node === NO_NODE || isLeaf(node)) return undefined;
      const chunk = this.#arena.inner(node);
      const index = at(node);
      const right = sideAt(path, chunk.bit[index]!) === 1;
      node = right ? chunk.right[index]! : chunk.left[index]!;
    }
    if (node === NO_NODE) return undefined;
    if (isLeaf(node)) {
      return { type: "leaf", key: this.keyOf(node), rowHash: this.rowHashOf(node) };
    }
    const chunk = this.#arena.inner(node);
    const index = at(node);
    const left = this.hashOf(chunk.left[index]!);
    const right = this.hashOf(chunk.right[index]!);
    return { type: "inner", bit: chunk.bit[index]!, left, right };
  }

  /** A copy of the node's hash; valid below a committed root. */
  hashOf(node: NodeReference): Hash {
    const chunk = isLeaf(node) ? this.#arena.leaf(node) : this.#arena.inner(node);
    return chunk.hash.slice(at(node) * HASH_SIZE, (at(node) + 1) * HASH_SIZE) as Hash;
  }

  keyOf(leaf: NodeReference): Uint8Array {
    const index = at(leaf);
    return this.#arena.leaf(leaf).key.slice(index * MAP_KEY_SIZE, (index + 1) * MAP_KEY_SIZE);
  }

  rowHashOf(leaf: NodeReference): Hash {
    const index = at(leaf);
    return this.#arena.leaf(leaf).row.slice(index * HASH_SIZE, (index + 1) * HASH_SIZE) as Hash;
  }

  #rowHash(root: NodeReference, key: Uint8Array): Hash | undefined {
    if (root === NO_NODE) return undefined;
    let node = root;
    while (!isLeaf(node)) {
      const chunk = this.#arena.inner(node);
      const index = at(node);
      node = bitOf(key, chunk.bit[index]!) === 0 ? chunk.left[index]! : chunk.right[index]!;
    }
    return this.#firstDifference(key, node) < 0 ? this.rowHashOf(node) : undefined;
  }

  /** Follows the key's bits blindly from the working root to a leaf; the path stays in `#path`. */
  #descend(key: Uint8Array): NodeReference {
    let node = this.#root;
    let depth = 0;
    while (!isLeaf(node)) {
      this.#path[depth++] = node;
      const chunk = this.#arena.inner(node);
      const index = at(node);
      node = bitOf(key, chunk.bit[index]!) === 0 ? chunk.left[index]! : chunk.right[index]!;
    }
    this.#pathLength = depth;
    return node;
  }

  /** Makes the first `depth` nodes of the path our own and hangs `node` below them. */
  #replace(depth: number, key: Uint8Array, node: NodeReference): void {
    let parent = NO_NODE;
    for (let step = 0; step < depth; step++) {
      const owned = this.#arena.own(this.#path[step]!);
      this.#link(parent, key, owned);
      parent = owned;
    }
    this.#link(parent, key, node);
  }

  #link(parent: NodeReference, key: Uint8Array, child: NodeReference): void {
    if (parent === NO_NODE) {
      this.#root = child;
      return;
    }
    const chunk = this.#arena.inner(parent);
    const index = at(parent);
    if (bitOf(key, chunk.bit[index]!) === 0) chunk.left[index] = child;
    else chunk.right[index] = child;
  }

  #bit(node: NodeReference): number {
    return this.#arena.inner(node).bit[at(node)]!;
  }

  /** −1: the leaf bears this key. */
  #firstDifference(key: Uint8Array, leaf: NodeReference): number {
    const keys = this.#arena.leaf(leaf).key;
    const start = at(leaf) * MAP_KEY_SIZE;
    for (let offset = 0; offset < MAP_KEY_SIZE; offset++) {
      const difference = keys[start + offset]! ^ key[offset]!;
      if (difference !== 0) return offset * 8 + Math.clz32(difference) - 24;
    }
    return -1;
  }
}
