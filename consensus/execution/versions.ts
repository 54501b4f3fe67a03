import { invariant } from "../../base/assert.ts";
import { equalBytes } from "../../base/bytes.ts";
import { hlcAddMs } from "../../base/hlc.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";
import { PIN_COUNT_MAX } from "../limits.ts";
import type { AuthenticatedMap, MapVersion } from "../map/trie.ts";
import { RowHistory } from "./row-history.ts";

/**
 * How far back versions stay readable although agreement needs them no more. Each bound holds:
 * what they cost is the rows that they overwrote, and the nodes above these.
 */
export interface HistoryWindow {
  readonly sequenceCountMax: number;
  readonly changeCountMax: number;
  /** Of agreed time. */
  readonly ageMsMax: number;
}

export const NO_HISTORY: HistoryWindow = { sequenceCountMax: 0, changeCountMax: 0, ageMsMax: 0 };

interface HeldExecution {
  readonly sequence: Sequence;
  readonly changes: number;
  readonly time: Hlc;
}

/** The versions of the map that are still readable: the latest ones, and those that are pinned. */
export class Versions {
  #map: AuthenticatedMap;
  /** Ascending sequences. */
  #bySequence = new Map<Sequence, MapVersion>();
  #pinned = new Set<Sequence>();
  #below = 0 as Sequence;
  #newest = 0 as Sequence;
  /** What each execution of the window changed and when, the oldest first. */
  readonly #held: HeldExecution[] = [];
  #heldChanges = 0;
  window: HistoryWindow = NO_HISTORY;
  readonly history: RowHistory = new RowHistory();

  constructor(map: AuthenticatedMap) {
    this.#map = map;
  }

  add(
    sequence: Sequence,
    version: MapVersion,
    executed: { readonly changes: number; readonly time: Hlc },
  ): void {
    // A repair may lead to the very sequence that it began at, and the map holds them in order.
    this.#bySequence.delete(sequence);
    this.#bySequence.set(sequence, version);
    this.#newest = sequence;
    if (this.window.sequenceCountMax > 0) this.#hold({ sequence, ...executed });
  }

  #hold(execution: HeldExecution): void {
    const { sequenceCountMax, changeCountMax, ageMsMax } = this.window;
    this.#held.push(execution);
    this.#heldChanges += execution.changes;
    const oldest = hlcAddMs(execution.time, -ageMsMax);
    let count = 0;
    while (
      this.#held.length - count > sequenceCountMax ||
      this.#heldChanges > changeCountMax ||
      (this.#held[count]?.time ?? oldest) < oldest
    ) {
      this.#heldChanges -= this.#held[count]!.changes;
      if (++count === this.#held.length) break;
    }
    // A few at a time: what they held is let go of as often.
    if (count === 0) return;
    this.#held.splice(0, count);
    this.#releaseUnused();
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
    const held = this.#held[0]?.sequence ?? this.#below;
    const below = held < this.#below ? held : this.#below;
    let oldestKept: Sequence | undefined;
    for (const [sequence, version] of this.#bySequence) {
      if (sequence >= below) {
        oldestKept ??= sequence;
        break;
      }
      if (sequence !== this.#newest && !this.#pinned.has(sequence)) {
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
