import { invariant } from "../../base/assert.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { MAP_KEY_BITS, MAP_KEY_SIZE } from "../limits.ts";
import type { MapProof, MapProofStep } from "../wire/receipt.ts";
import { keysAfter } from "./keys-after.ts";
import { NO_NODE, NodeArena, isLeaf } from "./node-arena.ts";
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
    return this.#root !== NO_NODE && this.#arena.firstDifference(this.#descend(key), key) < 0;
  }

  getAt(version: MapVersion, key: Uint8Array): Hash | undefined {
    return this.#rowHash(version.node, key);
  }

  /** Keys of the working version that come after this one, in order, at most so many. */
  keysAfter(key: Uint8Array, countMax: number): Uint8Array[] {
    return keysAfter(this.#arena, this.#root, key, countMax);
  }

  keysAfterAt(version: MapVersion, key: Uint8Array, countMax: number): Uint8Array[] {
    return keysAfter(this.#arena, version.node, key, countMax);
  }

  set(key: Uint8Array, rowHash: Uint8Array): void {
    invariant(key.length === MAP_KEY_SIZE && rowHash.length === HASH_SIZE, "sizes of an entry");
    if (this.#root === NO_NODE) {
      this.#root = this.#arena.newLeaf(key, rowHash);
      this.#size = 1;
      return;
    }
    const reached = this.#descend(key);
    const bit = this.#arena.firstDifference(reached, key);
    const leaf = this.#arena.newLeaf(key, rowHash);
    if (bit < 0) {
      this.#replace(this.#pathLength, key, leaf);
      this.#arena.drop(reached);
      return;
    }
    let depth = 0;
    while (depth < this.#pathLength && this.#arena.bit(this.#path[depth]!) < bit) depth++;
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
    if (this.#arena.firstDifference(leaf, key) >= 0) return false;
    this.#size--;
    const depth = this.#pathLength;
    if (depth === 0) {
      this.#arena.drop(leaf);
      this.#root = NO_NODE;
      return true;
    }
    const parent = this.#path[depth - 1]!;
    const right = bitOf(key, this.#arena.bit(parent)) === 1;
    const sibling = right ? this.#arena.left(parent) : this.#arena.right(parent);
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
      const bit = this.#arena.bit(node);
      const right = bitOf(key, bit) === 1;
      const sibling = right ? this.#arena.left(node) : this.#arena.right(node);
      steps.push({ bit, sibling: this.hashOf(sibling) });
      node = this.#arena.childFor(node, key);
    }
    return { leafKey: this.keyOf(node), leafRowHash: this.rowHashOf(node), steps: steps.reverse() };
  }

  /** The node at this place below the version's root; undefined: there is none. */
  nodeAt(version: MapVersion, path: Uint8Array): TransferredNode | undefined {
    let node = version.node;
    for (let depth = depthOf(path); depth > 0; depth--) {
      if (node === NO_NODE || isLeaf(node)) return undefined;
      const right = sideAt(path, this.#arena.bit(node)) === 1;
      node = right ? this.#arena.right(node) : this.#arena.left(node);
    }
    if (node === NO_NODE) return undefined;
    if (isLeaf(node)) {
      return { type: "leaf", key: this.keyOf(node), rowHash: this.rowHashOf(node) };
    }
    const left = this.hashOf(this.#arena.left(node));
    const right = this.hashOf(this.#arena.right(node));
    return { type: "inner", bit: this.#arena.bit(node), left, right };
  }

  /** A copy of the node's hash; valid below a committed root. */
  hashOf(node: NodeReference): Hash {
    return this.#arena.hashOf(node);
  }

  keyOf(leaf: NodeReference): Uint8Array {
    return this.#arena.keyOf(leaf);
  }

  rowHashOf(leaf: NodeReference): Hash {
    return this.#arena.rowHashOf(leaf);
  }

  #rowHash(root: NodeReference, key: Uint8Array): Hash | undefined {
    if (root === NO_NODE) return undefined;
    let node = root;
    while (!isLeaf(node)) node = this.#arena.childFor(node, key);
    return this.#arena.firstDifference(node, key) < 0 ? this.rowHashOf(node) : undefined;
  }

  /** Follows the key's bits blindly from the working root to a leaf; the path stays in `#path`. */
  #descend(key: Uint8Array): NodeReference {
    let node = this.#root;
    let depth = 0;
    while (!isLeaf(node)) {
      this.#path[depth++] = node;
      node = this.#arena.childFor(node, key);
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
    if (parent === NO_NODE) this.#root = child;
    else this.#arena.setChildFor(parent, key, child);
  }
}
