import type { Meter } from "../../frame/meter.ts";

const CAPACITY_FIRST = 8;
const NONE = new Int32Array(0);

/**
 * For each literal the clauses that watch it, as pairs (clause, blocker): while the blocker is
 * true, the clause need not be looked at. Open to propagation's inner loop.
 */
export class WatchLists {
  readonly lists: Int32Array[];
  /** Numbers in use of each list: twice its pairs. */
  readonly sizes: Int32Array;
  readonly #meter: Meter;

  constructor(literalCount: number, meter: Meter) {
    meter.hold(20 * literalCount);
    this.#meter = meter;
    this.lists = Array.from({ length: literalCount }, () => NONE);
    this.sizes = new Int32Array(literalCount);
  }

  add(literal: number, clause: number, blocker: number): void {
    const size = this.sizes[literal]!;
    let list = this.lists[literal]!;
    if (size === list.length) {
      const capacity = size === 0 ? CAPACITY_FIRST : 2 * size;
      this.#meter.hold(4 * (capacity - size));
      const grown = new Int32Array(capacity);
      grown.set(list);
      this.lists[literal] = grown;
      list = grown;
    }
    list[size] = clause;
    list[size + 1] = blocker;
    this.sizes[literal] = size + 2;
  }

  remove(literal: number, clause: number): void {
    const list = this.lists[literal]!;
    const size = this.sizes[literal]!;
    for (let at = 0; at < size; at += 2) {
      if (list[at] !== clause) continue;
      list[at] = list[size - 2]!;
      list[at + 1] = list[size - 1]!;
      this.sizes[literal] = size - 2;
      return;
    }
  }

  clear(): void {
    this.sizes.fill(0);
  }
}
