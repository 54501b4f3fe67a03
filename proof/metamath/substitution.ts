import { reject } from "../frame/stop.ts";
import type { Meter } from "../frame/meter.ts";

/** What the variables of a cited frame stand for: slices of the arena, without their typecodes. */
export class Substitution {
  starts = new Int32Array(16);
  lengths = new Int32Array(16);

  reserve(variableCount: number, meter: Meter): void {
    if (variableCount <= this.starts.length) return;
    const capacity = 2 * variableCount;
    meter.hold(capacity * 8);
    this.starts = new Int32Array(capacity);
    this.lengths = new Int32Array(capacity);
  }

  /** The length of an expression once its variables are replaced. */
  lengthOf(pool: Int32Array, from: number, length: number): number {
    const { lengths } = this;
    let total = 0;
    for (let at = from; at < from + length; at++) {
      const symbol = pool[at]!;
      total += symbol >= 0 ? 1 : lengths[~symbol]!;
    }
    return total;
  }

  /** Writes the expression with its variables replaced; answers where it ends. */
  write(pool: Int32Array, from: number, length: number, arena: Int32Array, to: number): number {
    const { starts, lengths } = this;
    let out = to;
    for (let at = from; at < from + length; at++) {
      const symbol = pool[at]!;
      if (symbol >= 0) {
        arena[out++] = symbol;
        continue;
      }
      const start = starts[~symbol]!;
      const end = start + lengths[~symbol]!;
      for (let index = start; index < end; index++) arena[out++] = arena[index]!;
    }
    return out;
  }

  /** Whether the expression with its variables replaced is the arena's slice. */
  matches(
    pool: Int32Array,
    from: number,
    length: number,
    arena: Int32Array,
    start: number,
    end: number,
  ): boolean {
    const { starts, lengths } = this;
    let at = start;
    for (let index = from; index < from + length; index++) {
      const symbol = pool[index]!;
      if (symbol >= 0) {
        if (at >= end || arena[at++] !== symbol) return false;
        continue;
      }
      const size = lengths[~symbol]!;
      const origin = starts[~symbol]!;
      if (size > end - at) return false;
      for (let offset = 0; offset < size; offset++) {
        if (arena[at + offset] !== arena[origin + offset]) return false;
      }
      at += size;
    }
    return at === end;
  }
}

/**
 * Which variables of the theorem must be distinct, as a bit matrix, and which of them a slice
 * holds. Variables are numbered from 0.
 */
export class DistinctVariables {
  #words = 0;
  #rows = new Int32Array(64);
  #masks = new Int32Array(64);
  #have = new Uint8Array(16);

  begin(variableCount: number, meter: Meter): void {
    this.#words = (variableCount + 31) >>> 5;
    const size = this.#words * variableCount;
    if (size > this.#rows.length) {
      meter.hold(8 * size);
      this.#rows = new Int32Array(2 * size);
    } else this.#rows.fill(0, 0, size);
  }

  declare(left: number, right: number): void {
    this.#set(left, right);
    this.#set(right, left);
  }

  holds(left: number, right: number): boolean {
    return ((this.#rows[left * this.#words + (right >>> 5)]! >>> (right & 31)) & 1) === 1;
  }

  /** Each pair (i, j) of the cited frame: what i and j stand for shares nothing, all declared. */
  check(
    pairs: Int32Array,
    from: number,
    count: number,
    substitution: Substitution,
    arena: Int32Array,
    meter: Meter,
  ): void {
    this.#forget(substitution.starts.length, meter);
    for (let pair = 0; pair < count; pair++) {
      const left = this.#maskOf(pairs[from + 2 * pair]!, substitution, arena, meter);
      const right = this.#maskOf(pairs[from + 2 * pair + 1]!, substitution, arena, meter);
      this.#compare(left, right, meter);
    }
  }

  #compare(left: number, right: number, meter: Meter): void {
    const words = this.#words;
    for (let word = 0; word < words; word++) {
      let bits = this.#masks[left + word]!;
      if ((bits & this.#masks[right + word]!) !== 0) reject("distinct-shared", meter.offset);
      while (bits !== 0) {
        const variable = (word << 5) + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        meter.spend(words);
        for (let other = 0; other < words; other++) {
          const undeclared = this.#masks[right + other]! & ~this.#rows[variable * words + other]!;
          if (undeclared !== 0) reject("distinct-undeclared", meter.offset);
        }
      }
    }
  }

  #forget(variableCount: number, meter: Meter): void {
    if (variableCount > this.#have.length) this.#have = new Uint8Array(variableCount);
    else this.#have.fill(0);
    const size = variableCount * this.#words;
    if (size <= this.#masks.length) return;
    meter.hold(4 * size);
    this.#masks = new Int32Array(size);
  }

  /** Where the mask of the k-th variable's slice is; computed once a citation. */
  #maskOf(variable: number, substitution: Substitution, arena: Int32Array, meter: Meter): number {
    const words = this.#words;
    const mask = variable * words;
    if (this.#have[variable] === 1) return mask;
    this.#have[variable] = 1;
    this.#masks.fill(0, mask, mask + words);
    const start = substitution.starts[variable]!;
    const end = start + substitution.lengths[variable]!;
    meter.spend(end - start);
    for (let at = start; at < end; at++) {
      const symbol = arena[at]!;
      if (symbol < 0) this.#masks[mask + (~symbol >>> 5)]! |= 1 << (~symbol & 31);
    }
    return mask;
  }

  #set(row: number, column: number): void {
    this.#rows[row * this.#words + (column >>> 5)]! |= 1 << (column & 31);
  }
}
