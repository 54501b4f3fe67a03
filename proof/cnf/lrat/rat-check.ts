import type { Meter } from "../../frame/meter.ts";
import { CLAUSE_HEAD } from "./clause-store.ts";
import type { ClauseStore } from "./clause-store.ts";

/**
 * What a RAT step needs beyond unit propagation: that each live clause with the pivot's negation
 * is covered, once. How many there are is counted for every literal from the first RAT step on, so
 * that proofs without any (nearly all) pay nothing.
 */
export class RatCheck {
  readonly #store: ClauseStore;
  #occurrences: Int32Array | undefined;
  readonly #meter: Meter;
  readonly #covered = new Set<number>();
  #wanted = 0;

  constructor(store: ClauseStore, meter: Meter) {
    this.#store = store;
    this.#meter = meter;
  }

  /** Answers the visits that it took. */
  start(negatedPivot: number, literalCount: number): number {
    const visits = this.#count(literalCount);
    this.#covered.clear();
    this.#wanted = this.#occurrences![negatedPivot]!;
    return visits;
  }

  /** Why this live clause is no candidate. */
  cover(offset: number, negatedPivot: number): string | undefined {
    const { arena } = this.#store;
    const end = offset + CLAUSE_HEAD + arena[offset]!;
    let place = offset + CLAUSE_HEAD;
    while (place < end && arena[place] !== negatedPivot) place++;
    if (place === end) return "candidate-without-pivot";
    if (this.#covered.has(offset)) return "candidate-twice";
    this.#covered.add(offset);
    return undefined;
  }

  get isComplete(): boolean {
    return this.#covered.size === this.#wanted;
  }

  added(literals: Int32Array, count: number): void {
    const counts = this.#occurrences;
    if (counts === undefined) return;
    let largest = 0;
    for (let at = 0; at < count; at++) largest = Math.max(largest, literals[at]!);
    const grown = this.#grow(counts, largest + 1);
    for (let at = 0; at < count; at++) grown[literals[at]!]!++;
  }

  removed(arena: Int32Array, offset: number): void {
    const counts = this.#occurrences;
    if (counts === undefined) return;
    const end = offset + CLAUSE_HEAD + arena[offset]!;
    for (let place = offset + CLAUSE_HEAD; place < end; place++) counts[arena[place]!]!--;
  }

  #count(literalCount: number): number {
    if (this.#occurrences !== undefined) {
      this.#grow(this.#occurrences, literalCount);
      return 0;
    }
    const counts = this.#grow(new Int32Array(0), literalCount);
    let visits = 0;
    const { arena } = this.#store;
    for (const offset of this.#store.offsets()) {
      const end = offset + CLAUSE_HEAD + arena[offset]!;
      for (let place = offset + CLAUSE_HEAD; place < end; place++) counts[arena[place]!]!++;
      visits += arena[offset]!;
    }
    return visits;
  }

  #grow(counts: Int32Array, length: number): Int32Array {
    if (length <= counts.length) return counts;
    const size = Math.max(length, counts.length + (counts.length >>> 1));
    this.#meter.hold(4 * size);
    const grown = new Int32Array(size);
    grown.set(counts);
    this.#meter.release(4 * counts.length);
    this.#occurrences = grown;
    return grown;
  }
}
