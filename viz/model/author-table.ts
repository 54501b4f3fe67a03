import { LANE_COUNT_MAX, laneOf } from "./lanes.ts";
import type { Lane } from "./lanes.ts";
import { SequenceRows } from "./sequence-rows.ts";

/** No such author. */
export const NOBODY = -1;

/**
 * Names and incarnations that are told apart, some 400 bytes each. A cluster has one for each
 * member and each of its restarts; a journal that names more is damaged or lies.
 */
export const AUTHOR_COUNT_MAX = 16_384;

interface Author {
  readonly name: string;
  readonly incarnation: number;
  readonly lane: number;
  readonly rows: SequenceRows;
}

/**
 * Authors by number, and the rows of their events. An author is a name in one incarnation; all
 * incarnations of a name share a lane.
 */
export class AuthorTable {
  readonly lanes: Lane[] = [];
  readonly #members: readonly string[];
  readonly #authors: Author[] = [];
  readonly #numbers = new Map<string, Map<number, number>>();
  readonly #lanes = new Map<string, number>();

  constructor(members: readonly string[]) {
    this.#members = members;
    for (const name of members) this.#lane(name);
  }

  /** {@link NOBODY} when there are too many to know another one. */
  numberOf(name: string, incarnation: number): number {
    let byIncarnation = this.#numbers.get(name);
    const known = byIncarnation?.get(incarnation);
    if (known !== undefined) return known;
    const number = this.#authors.length;
    if (number >= AUTHOR_COUNT_MAX) return NOBODY;
    if (byIncarnation === undefined) {
      byIncarnation = new Map();
      this.#numbers.set(name, byIncarnation);
    }
    byIncarnation.set(incarnation, number);
    this.#authors.push({ name, incarnation, lane: this.#lane(name), rows: new SequenceRows() });
    return number;
  }

  find(name: string, incarnation: number): number {
    return this.#numbers.get(name)?.get(incarnation) ?? NOBODY;
  }

  author(number: number): { readonly name: string; readonly incarnation: number } {
    const { name, incarnation } = this.#authors[number] as Author;
    return { name, incarnation };
  }

  laneOf(number: number): number {
    return (this.#authors[number] as Author).lane;
  }

  /** Undefined when nothing bears this name. */
  laneNamed(name: string): number | undefined {
    return this.#lanes.get(name);
  }

  rowOf(number: number, sequence: number): number {
    return (this.#authors[number] as Author).rows.get(sequence);
  }

  place(number: number, sequence: number, row: number): void {
    (this.#authors[number] as Author).rows.set(sequence, row);
  }

  dropRows(count: number): void {
    for (const { rows } of this.#authors) rows.dropRows(count);
  }

  all(): { readonly name: string; readonly incarnation: number }[] {
    return this.#authors.map(({ name, incarnation }) => ({ name, incarnation }));
  }

  adopt(authors: readonly { readonly name: string; readonly incarnation: number }[]): void {
    for (const { name, incarnation } of authors) this.numberOf(name, incarnation);
  }

  #lane(name: string): number {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const number = Math.min(this.lanes.length, LANE_COUNT_MAX - 1);
    if (number === this.lanes.length) this.lanes.push(laneOf(name, this.#members));
    this.#lanes.set(name, number);
    return number;
  }
}
