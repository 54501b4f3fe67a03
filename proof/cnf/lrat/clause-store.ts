import type { Meter } from "../../frame/meter.ts";

const PAGE_BITS = 12;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;
const NO_PAGE = new Int32Array(PAGE_SIZE);
/** A slot of the list of pages, and what stands beside it. */
const PAGE_SLOT_BYTES = 16;
const CAPACITY_FIRST = 1 << 12;
/** In front of a clause's literals: its size, and its number (0 once it is deleted). */
export const CLAUSE_HEAD = 2;

/**
 * Live clauses by number. Literals stand in one array, so that a hint costs one look into a page
 * and one walk. Deleted clauses are squeezed out when they are a third of the array, pages of
 * numbers without a live clause are dropped: memory follows what is live, not what ever was.
 */
export class ClauseStore {
  /** Open to the checker's inner loop: a clause's head and literals from its offset on. */
  arena: Int32Array;
  readonly #meter: Meter;
  readonly #pages: Int32Array[] = [];
  readonly #liveInPage: number[] = [];
  #used = 1;
  #dead = 0;
  #capacity = CAPACITY_FIRST;
  /** The largest number given out. */
  numberMax = 0;

  constructor(meter: Meter, literalCount = 0, clauseCount = 0) {
    this.#meter = meter;
    this.#capacity += literalCount + CLAUSE_HEAD * clauseCount;
    meter.hold(4 * this.#capacity);
    this.arena = new Int32Array(this.#capacity);
  }

  /** 0: no live clause has this number. */
  offsetOf(number: number): number {
    const page = this.#pages[number >>> PAGE_BITS];
    return page === undefined ? 0 : page[number & PAGE_MASK]!;
  }

  /** `number` is larger than all before. */
  add(number: number, literals: Int32Array, count: number): void {
    const needed = count + CLAUSE_HEAD;
    if (this.#used + needed > this.#capacity) this.#makeRoom(needed);
    const { arena } = this;
    const offset = this.#used;
    arena[offset] = count;
    arena[offset + 1] = number;
    for (let at = 0; at < count; at++) arena[offset + CLAUSE_HEAD + at] = literals[at]!;
    this.#used = offset + needed;
    this.numberMax = number;
    this.#setOffset(number, offset);
  }

  /** The offset where its literals can still be read until the next `add`; 0: it is not live. */
  remove(number: number): number {
    const offset = this.offsetOf(number);
    if (offset === 0) return 0;
    const slot = number >>> PAGE_BITS;
    this.#pages[slot]![number & PAGE_MASK] = 0;
    this.arena[offset + 1] = 0;
    this.#dead += this.arena[offset]! + CLAUSE_HEAD;
    if (--this.#liveInPage[slot]! === 0 && slot < this.numberMax >>> PAGE_BITS) this.#drop(slot);
    return offset;
  }

  /** Each live clause's offset, in the order in which they came. */
  *offsets(): Iterable<number> {
    for (let offset = 1; offset < this.#used;) {
      if (this.arena[offset + 1] !== 0) yield offset;
      offset += this.arena[offset]! + CLAUSE_HEAD;
    }
  }

  #setOffset(number: number, offset: number): void {
    const slot = number >>> PAGE_BITS;
    if (slot >= this.#pages.length) this.#extend(slot);
    if (this.#pages[slot] === NO_PAGE) {
      this.#meter.hold(4 * PAGE_SIZE);
      this.#pages[slot] = new Int32Array(PAGE_SIZE);
    }
    this.#pages[slot]![number & PAGE_MASK] = offset;
    this.#liveInPage[slot]!++;
  }

  #extend(slot: number): void {
    const before = this.#pages.length;
    this.#meter.hold(PAGE_SLOT_BYTES * (slot + 1 - before));
    while (this.#pages.length <= slot) {
      this.#pages.push(NO_PAGE);
      this.#liveInPage.push(0);
    }
    // The page before may have died while it was the newest.
    if (before > 0 && this.#liveInPage[before - 1] === 0) this.#drop(before - 1);
  }

  #drop(slot: number): void {
    if (this.#pages[slot] === NO_PAGE) return;
    this.#pages[slot] = NO_PAGE;
    this.#meter.release(4 * PAGE_SIZE);
  }

  #makeRoom(needed: number): void {
    if (this.#dead * 3 > this.#used) this.#squeeze();
    if (this.#used + needed <= this.#capacity) return;
    const capacity = Math.max(this.#capacity + (this.#capacity >>> 1), this.#used + needed);
    this.#meter.hold(4 * capacity);
    const grown = new Int32Array(capacity);
    grown.set(this.arena.subarray(0, this.#used));
    this.#meter.release(4 * this.#capacity);
    this.arena = grown;
    this.#capacity = capacity;
  }

  #squeeze(): void {
    const { arena } = this;
    let to = 1;
    for (let from = 1; from < this.#used;) {
      const size = arena[from]! + CLAUSE_HEAD;
      const number = arena[from + 1]!;
      if (number !== 0) {
        if (to !== from) arena.copyWithin(to, from, from + size);
        this.#pages[number >>> PAGE_BITS]![number & PAGE_MASK] = to;
        to += size;
      }
      from += size;
    }
    this.#meter.spend(this.#used);
    this.#used = to;
    this.#dead = 0;
  }
}
