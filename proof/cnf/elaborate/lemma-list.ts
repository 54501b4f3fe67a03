import type { Meter } from "../../frame/meter.ts";
import type { ClauseList } from "../canonical/clause-order.ts";
import { sortNumbers } from "../canonical/clause-order.ts";
import { IntList } from "../int-list.ts";
import type { Numbering } from "../lrat/lrat-checker.ts";
import type { ClausalReader, ClausalStep } from "./clausal-reader.ts";

/** In front of a clause's literals: its size, and its index. */
export const HEAD = 2;
const TABLE_FIRST = 1 << 12;

/**
 * All clauses that a clausal proof talks of, those of the formula first, and its steps. A deletion
 * names a clause by its literals; which one it is is found here, by a hash that knows no order.
 * Tautologies, and deletions of what is not there, are left out: they change nothing that follows.
 */
export class LemmaList {
  readonly #meter: Meter;
  readonly #numbering: Numbering;
  /** Clause heads and literals; a clause is named by its offset. */
  readonly arena: IntList;
  /** By index. */
  readonly offsets: IntList;
  /** A lemma's first literal as the proof has it: the pivot, should it need one. */
  readonly pivots: IntList;
  /** index + 1 for an addition, −(index + 1) for a deletion. */
  readonly steps: IntList;
  /** Where each step begins in the proof. */
  readonly stepOffsets: IntList;
  readonly originalCount: number;
  literalBound: number;
  /** Hash chains: first clause of a bucket, and the next of each clause, as index + 1. */
  #buckets: Int32Array;
  readonly #next: IntList;
  /** Copies of each clause that are live: an original may have been written more than once. */
  readonly #copies: IntList;
  #scratch: Int32Array = new Int32Array(64);
  #marks: Int32Array = new Int32Array(64);
  #stamp = 0;

  constructor(
    formula: ClauseList & { readonly variableCount: number },
    copies: Int32Array,
    numbering: Numbering,
    meter: Meter,
  ) {
    this.#meter = meter;
    this.#numbering = numbering;
    this.originalCount = formula.starts.length - 1;
    this.literalBound = 2 * formula.variableCount;
    this.arena = new IntList(meter, formula.literals.length + HEAD * formula.starts.length + 1);
    this.arena.push(0);
    this.offsets = new IntList(meter, formula.starts.length);
    this.pivots = new IntList(meter, formula.starts.length);
    this.steps = new IntList(meter);
    this.stepOffsets = new IntList(meter);
    this.#next = new IntList(meter, formula.starts.length);
    this.#copies = new IntList(meter, formula.starts.length);
    meter.hold(4 * TABLE_FIRST);
    this.#buckets = new Int32Array(TABLE_FIRST);
    for (let clause = 0; clause < this.originalCount; clause++) {
      const literals = formula.literals.subarray(
        formula.starts[clause],
        formula.starts[clause + 1],
      );
      this.#enter(literals, literals.length, literals[0] ?? 0);
      this.#copies.items[clause] = copies[clause]!;
    }
  }

  get count(): number {
    return this.offsets.length;
  }

  take(step: ClausalStep, reader: ClausalReader): void {
    if (step === "other") return;
    const size = this.#reduce(reader);
    if (size < 0) return;
    const literals = this.#scratch;
    if (step === "add") {
      const pivot = literals[0] ?? 0;
      sortNumbers(literals, 0, size);
      this.#push(this.#enter(literals, size, pivot) + 1, reader.stepOffset);
      return;
    }
    sortNumbers(literals, 0, size);
    const index = this.#find(literals, size);
    if (index < 0 || --this.#copies.items[index]! > 0) return;
    this.#push(-(index + 1), reader.stepOffset);
  }

  #push(step: number, offset: number): void {
    this.steps.push(step);
    this.stepOffsets.push(offset);
  }

  /** Into the scratch, mapped and without duplicates; −1 for a tautology. */
  #reduce({ literals, literalCount }: ClausalReader): number {
    if (literalCount > this.#scratch.length) {
      this.#meter.hold(8 * literalCount);
      this.#scratch = new Int32Array(2 * literalCount);
    }
    const stamp = ++this.#stamp;
    let size = 0;
    for (let at = 0; at < literalCount; at++) {
      const literal = this.#numbering.literalOf(literals[at]!);
      if ((literal | 1) >= this.#marks.length) this.#cover(literal);
      if (this.#marks[literal] === stamp) continue;
      if (this.#marks[literal ^ 1] === stamp) return -1;
      this.#marks[literal] = stamp;
      this.#scratch[size++] = literal;
    }
    return size;
  }

  #cover(literal: number): void {
    const length = 2 * (literal | 1) + 2;
    this.#meter.hold(4 * length);
    const grown = new Int32Array(length);
    grown.set(this.#marks);
    this.#meter.release(4 * this.#marks.length);
    this.#marks = grown;
  }

  /** Answers the index. */
  #enter(literals: Int32Array, size: number, pivot: number): number {
    const index = this.offsets.length;
    if (index >= this.#buckets.length) this.#rehash();
    this.offsets.push(this.arena.length);
    this.arena.reserve(HEAD + size);
    this.arena.push(size);
    this.arena.push(index);
    for (let at = 0; at < size; at++) this.arena.push(literals[at]!);
    if (size > 0) this.literalBound = Math.max(this.literalBound, (literals[size - 1]! | 1) + 1);
    this.pivots.push(pivot);
    this.#copies.push(1);
    const bucket = hashOf(literals, 0, size) & (this.#buckets.length - 1);
    this.#next.push(this.#buckets[bucket]!);
    this.#buckets[bucket] = index + 1;
    return index;
  }

  #rehash(): void {
    const size = 4 * this.#buckets.length;
    this.#meter.hold(4 * size);
    this.#meter.release(4 * this.#buckets.length);
    this.#buckets = new Int32Array(size);
    const { items } = this.arena;
    for (let index = 0; index < this.offsets.length; index++) {
      if (this.#copies.items[index]! <= 0) continue;
      const offset = this.offsets.items[index]!;
      const bucket = hashOf(items, offset + HEAD, items[offset]!) & (size - 1);
      this.#next.items[index] = this.#buckets[bucket]!;
      this.#buckets[bucket] = index + 1;
    }
  }

  /** The newest live clause with these sorted literals; dead ones on the way leave their chain. */
  #find(literals: Int32Array, size: number): number {
    const bucket = hashOf(literals, 0, size) & (this.#buckets.length - 1);
    let before = -1;
    for (let at = this.#buckets[bucket]! - 1; at >= 0;) {
      const next = this.#next.items[at]! - 1;
      this.#meter.spend(1);
      if (this.#copies.items[at]! <= 0) {
        if (before < 0) this.#buckets[bucket] = next + 1;
        else this.#next.items[before] = next + 1;
      } else {
        if (this.#equals(at, literals, size)) return at;
        before = at;
      }
      at = next;
    }
    return -1;
  }

  #equals(index: number, literals: Int32Array, size: number): boolean {
    const { items } = this.arena;
    const offset = this.offsets.items[index]!;
    if (items[offset] !== size) return false;
    this.#meter.spend(size);
    let at = 0;
    while (at < size && items[offset + HEAD + at] === literals[at]) at++;
    return at === size;
  }
}

function hashOf(literals: Int32Array, from: number, size: number): number {
  let hash = size;
  for (let at = from; at < from + size; at++) {
    hash = Math.imul(hash ^ literals[at]!, 0x9e37_79b1);
    hash ^= hash >>> 15;
  }
  return hash;
}
