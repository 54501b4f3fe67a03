import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { NO_NODE, isLeaf } from "./node-arena.ts";
import type { NodeReference } from "./node-arena.ts";
import type { AuthenticatedMap, MapVersion } from "./trie.ts";

/**
 * Finds the nodes of one version by their hashes: open addressing in one typed array, 16 bytes an
 * entry of the map. Built for a transfer and gone with it.
 */
export class NodeIndex {
  #map: AuthenticatedMap;
  #slots: Uint32Array;

  constructor(map: AuthenticatedMap, version: MapVersion) {
    this.#map = map;
    // A tree of `size` leaves has fewer than 2 × size nodes; at most half of the slots are taken.
    let slotCount = 16;
    while (slotCount < 4 * version.size) slotCount *= 2;
    this.#slots = new Uint32Array(slotCount);
    if (version.node !== NO_NODE) this.#addBelow(version.node);
  }

  find(hash: Hash): NodeReference | undefined {
    for (let slot = this.#slotOf(hash); ; slot = (slot + 1) & (this.#slots.length - 1)) {
      const node = this.#slots[slot]!;
      if (node === NO_NODE) return undefined;
      if (equalBytes(this.#map.hashOf(node), hash)) return node;
    }
  }

  #addBelow(root: NodeReference): void {
    const stack = [root];
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      let slot = this.#slotOf(this.#map.hashOf(node));
      while (this.#slots[slot] !== NO_NODE) slot = (slot + 1) & (this.#slots.length - 1);
      this.#slots[slot] = node;
      if (isLeaf(node)) continue;
      const { arena } = this.#map;
      stack.push(arena.left(node), arena.right(node));
    }
  }

  #slotOf(hash: Hash): number {
    const word = hash[0]! | (hash[1]! << 8) | (hash[2]! << 16) | (hash[3]! << 24);
    return word & (this.#slots.length - 1);
  }
}
