import { IntList } from "../int-list.ts";
import type { Meter } from "../../frame/meter.ts";

/** In front of a clause's literals: size, number in the proof, glue (0: of the formula). */
export const HEAD = 3;

/** The solver's clauses of two literals and more, named by their offset; 0 names none. */
export class ClauseArena {
  readonly #list: IntList;
  #deadSize = 0;

  constructor(meter: Meter, capacity: number) {
    this.#list = new IntList(meter, capacity + 1);
    this.#list.push(0);
  }

  get items(): Int32Array {
    return this.#list.items;
  }

  /** Behind the last clause. */
  get end(): number {
    return this.#list.length;
  }

  get hasMuchDead(): boolean {
    return this.#deadSize * 4 > this.#list.length;
  }

  add(number: number, glue: number, literals: ArrayLike<number>, count: number): number {
    const list = this.#list;
    list.reserve(HEAD + count);
    const offset = list.length;
    const { items } = list;
    items[offset] = count;
    items[offset + 1] = number;
    items[offset + 2] = glue;
    for (let at = 0; at < count; at++) items[offset + HEAD + at] = literals[at]!;
    list.length = offset + HEAD + count;
    return offset;
  }

  /** Its number becomes 0; watches of it must be gone before it is squeezed out. */
  kill(offset: number): void {
    this.items[offset + 1] = 0;
    this.#deadSize += HEAD + this.items[offset]!;
  }

  next(offset: number): number {
    return offset + HEAD + this.items[offset]!;
  }

  /** Offsets change: nothing may hold one. */
  squeeze(): void {
    const { items } = this;
    let to = 1;
    for (let from = 1; from < this.end;) {
      const next = this.next(from);
      if (items[from + 1] !== 0) {
        items.copyWithin(to, from, next);
        to += next - from;
      }
      from = next;
    }
    this.#list.length = to;
    this.#deadSize = 0;
  }
}
