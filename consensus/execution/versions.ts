import { invariant } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { PIN_COUNT_MAX } from "../limits.ts";
import type { AuthenticatedMap, MapVersion } from "../map/trie.ts";
import { RowHistory } from "./row-history.ts";

/** The versions of the map that are still readable: the latest ones, and those that are pinned. */
export class Versions {
  #map: AuthenticatedMap;
  /** Ascending sequences. */
  #bySequence = new Map<Sequence, MapVersion>();
  #pinned = new Set<Sequence>();
  #below = 0 as Sequence;
  readonly history: RowHistory = new RowHistory();

  constructor(map: AuthenticatedMap) {
    this.#map = map;
  }

  add(sequence: Sequence, version: MapVersion): void {
    this.#bySequence.set(sequence, version);
  }

  get(sequence: Sequence): MapVersion | undefined {
    return this.#bySequence.get(sequence);
  }

  /** The readable sequence with this root. */
  sequenceOf(root: Hash): Sequence | undefined {
    for (const [sequence, version] of this.#bySequence) {
      if (equalBytes(version.root, root)) return sequence;
    }
    return undefined;
  }

  /** Sequences below this one need no longer be readable, unless pinned. The newest always is. */
  release(below: Sequence): void {
    this.#below = below > this.#below ? below : this.#below;
    this.#releaseUnused();
  }

  pin(sequence: Sequence): boolean {
    if (this.#pinned.has(sequence)) return true;
    if (!this.#bySequence.has(sequence) || this.#pinned.size >= PIN_COUNT_MAX) return false;
    this.#pinned.add(sequence);
    return true;
  }

  unpin(sequence: Sequence): void {
    if (this.#pinned.delete(sequence)) this.#releaseUnused();
  }

  #releaseUnused(): void {
    const newest = [...this.#bySequence.keys()].at(-1);
    let oldestKept: Sequence | undefined;
    for (const [sequence, version] of this.#bySequence) {
      if (sequence < this.#below && sequence !== newest && !this.#pinned.has(sequence)) {
        this.#map.release(version);
        this.#bySequence.delete(sequence);
      } else {
        oldestKept ??= sequence;
      }
    }
    invariant(oldestKept !== undefined, "the newest version is kept");
    this.history.release(oldestKept);
  }
}
