import type { Meter } from "../../frame/meter.ts";

/** A table by name costs at most so many entries for each literal of the text. */
const TABLE_ENTRIES_PER_LITERAL = 8;
const TABLE_ENTRIES_FREE = 4096;

/**
 * From the numbers that a text gives its variables to 0, 1, 2 … by first occurrence. The largest
 * number decides nothing about memory: 2^31−1 as the only variable costs one entry.
 */
export class VariableMap {
  /** names[dense] is the text's number. */
  readonly names: Int32Array;
  /** By number, dense plus one, 0 for none; empty when the numbers are too sparse for a table. */
  readonly #table: Int32Array;
  /** Else the numbers in order, and the dense variable of each. */
  readonly #sorted: Int32Array;
  readonly #denseOfSorted: Int32Array;

  /** Replaces signed numbers by literals (see formula.ts), in place. */
  constructor(meter: Meter, signed: Int32Array) {
    let largest = 0;
    for (const number of signed) largest = Math.max(largest, Math.abs(number));
    const isDense = largest <= TABLE_ENTRIES_PER_LITERAL * signed.length + TABLE_ENTRIES_FREE;
    if (isDense) {
      meter.hold(4 * (largest + 1));
      this.#table = new Int32Array(largest + 1);
      this.#sorted = new Int32Array(0);
      this.#denseOfSorted = new Int32Array(0);
    } else {
      meter.hold(8 * signed.length);
      this.#table = new Int32Array(0);
      this.#sorted = uniqueNumbers(signed);
      this.#denseOfSorted = new Int32Array(this.#sorted.length).fill(-1);
    }
    this.names = isDense ? this.#nameByTable(signed) : this.#nameBySearch(signed);
    meter.hold(4 * this.names.length);
  }

  /** Undefined: no variable of the text. `name` is at least 1. */
  denseOf(name: number): number | undefined {
    if (this.#table.length > 0) {
      const entry = this.#table[name];
      return entry === undefined || entry === 0 ? undefined : entry - 1;
    }
    const at = this.#search(name);
    return this.#sorted[at] === name ? this.#denseOfSorted[at] : undefined;
  }

  #nameByTable(signed: Int32Array): Int32Array {
    const table = this.#table;
    const names = new Int32Array(Math.min(signed.length, table.length));
    let count = 0;
    for (let at = 0; at < signed.length; at++) {
      const number = signed[at]!;
      const name = number < 0 ? -number : number;
      let entry = table[name]!;
      if (entry === 0) {
        names[count] = name;
        entry = ++count;
        table[name] = entry;
      }
      signed[at] = 2 * (entry - 1) + (number < 0 ? 1 : 0);
    }
    return names.slice(0, count);
  }

  #nameBySearch(signed: Int32Array): Int32Array {
    const names = new Int32Array(this.#sorted.length);
    let count = 0;
    for (let at = 0; at < signed.length; at++) {
      const number = signed[at]!;
      const rank = this.#search(Math.abs(number));
      if (this.#denseOfSorted[rank]! < 0) {
        names[count] = Math.abs(number);
        this.#denseOfSorted[rank] = count++;
      }
      signed[at] = 2 * this.#denseOfSorted[rank]! + (number < 0 ? 1 : 0);
    }
    return names;
  }

  /** Where it is in the sorted numbers, or would be. */
  #search(name: number): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function uniqueNumbers(signed: Int32Array): Int32Array {
  const numbers = signed.map(Math.abs).sort();
  let count = 0;
  for (let at = 0; at < numbers.length; at++) {
    if (at === 0 || numbers[at] !== numbers[at - 1]) numbers[count++] = numbers[at]!;
  }
  return numbers.slice(0, count);
}
