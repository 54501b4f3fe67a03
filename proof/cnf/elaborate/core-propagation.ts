import type { WatchLists } from "../solver/watch-lists.ts";
import type { ClauseWatches } from "./clause-watches.ts";
import { HEAD } from "./lemma-list.ts";

/** Why a literal is true: an offset above 0 is the clause that forced it. */
export const ASSUMED = 0;

/**
 * A trail of true literals, and unit propagation that looks at the core's clauses before it looks
 * at any other (Heule, Hunt and Wetzler, "Trimming while Checking Clausal Proofs", 2013).
 */
export class CorePropagation {
  readonly values: Int8Array;
  readonly reasons: Int32Array;
  readonly positions: Int32Array;
  readonly trail: Int32Array;
  size = 0;
  #coreHead = 0;
  #otherHead = 0;
  readonly #items: Int32Array;
  readonly #watches: ClauseWatches;
  visits = 0;

  constructor(items: Int32Array, literalBound: number, watches: ClauseWatches) {
    this.#items = items;
    this.#watches = watches;
    this.values = new Int8Array(literalBound);
    this.reasons = new Int32Array(literalBound >>> 1);
    this.positions = new Int32Array(literalBound >>> 1);
    this.trail = new Int32Array(literalBound >>> 1);
  }

  assign(literal: number, reason: number): void {
    this.values[literal] = 1;
    this.values[literal ^ 1] = -1;
    this.reasons[literal >>> 1] = reason;
    this.positions[literal >>> 1] = this.size;
    this.trail[this.size++] = literal;
  }

  /** Takes back all behind so many; what is left counts as propagated. */
  shrink(size: number): void {
    while (this.size > size) {
      const literal = this.trail[--this.size]!;
      this.values[literal] = 0;
      this.values[literal ^ 1] = 0;
    }
    this.#coreHead = Math.min(this.#coreHead, size);
    this.#otherHead = Math.min(this.#otherHead, size);
  }

  /** All on the trail is to be propagated anew. */
  rewind(): void {
    this.#coreHead = 0;
    this.#otherHead = 0;
  }

  /** Answers the offset of a clause that is false, or 0. */
  propagate(): number {
    for (;;) {
      while (this.#coreHead < this.size) {
        const conflict = this.#visit(this.#watches.core, this.trail[this.#coreHead++]!);
        if (conflict !== 0) return conflict;
      }
      if (this.#otherHead === this.size) return 0;
      const conflict = this.#visit(this.#watches.other, this.trail[this.#otherHead++]!);
      if (conflict !== 0) return conflict;
    }
  }

  #visit(watches: WatchLists, literal: number): number {
    const { values } = this;
    const items = this.#items;
    const falsified = literal ^ 1;
    const list = watches.lists[falsified]!;
    const size = watches.sizes[falsified]!;
    this.visits += size + 1;
    let kept = 0;
    let at = 0;
    while (at < size) {
      const clause = list[at]!;
      const blocker = list[at + 1]!;
      at += 2;
      list[kept] = clause;
      list[kept + 1] = blocker;
      if (values[blocker] === 1) {
        kept += 2;
        continue;
      }
      const base = clause + HEAD;
      const other = items[base]! ^ items[base + 1]! ^ falsified;
      list[kept + 1] = other;
      if (values[other] === 1) {
        kept += 2;
        continue;
      }
      const end = base + items[clause]!;
      let place = base + 2;
      while (place < end && values[items[place]!] === -1) place++;
      this.visits += place - base;
      if (place < end) {
        const replacement = items[place]!;
        items[base] = other;
        items[base + 1] = replacement;
        items[place] = falsified;
        watches.add(replacement, clause, other);
        continue;
      }
      kept += 2;
      if (values[other] !== -1) {
        this.assign(other, clause);
        continue;
      }
      while (at < size) list[kept++] = list[at++]!;
      watches.sizes[falsified] = kept;
      return clause;
    }
    watches.sizes[falsified] = kept;
    return 0;
  }
}
