import { invariant } from "../assert.ts";
import type { EventBlock } from "./event-block.ts";
import type { EventId, JournalEvent } from "./journal-event.ts";

/** A part of the history: `events` are at most as many as were asked for, in the order of time. */
export interface CausalAnswer {
  readonly events: readonly number[];
  /** How many there are in all. */
  readonly count: number;
}

/**
 * Many journals as one graph, for questions: what led to an event, what it led to, how one led to
 * another. Events are numbers in the order of hybrid time; causes are the parents that are here and
 * the author's own event before. Everything is a pass over typed arrays, without recursion.
 */
export class CausalGraph {
  readonly size: number;
  /** Parents that no journal here has. */
  readonly missingCount: number;
  readonly #blocks: readonly EventBlock[];
  /** Where each event lies. */
  readonly #blockOf: Uint32Array;
  readonly #placeOf: Uint16Array;
  /** Event i's causes lie from `#starts[i]` to `#starts[i + 1]`. */
  readonly #starts: Uint32Array;
  readonly #causes: Uint32Array;
  /** By author's name, incarnation and sequence. */
  readonly #known = new Map<string, Map<number, number>>();

  constructor(blocks: readonly EventBlock[]) {
    this.#blocks = blocks;
    const size = blocks.reduce((sum, { eventCount }) => sum + eventCount, 0);
    const order = inTime(blocks, size);
    this.#blockOf = new Uint32Array(size);
    this.#placeOf = new Uint16Array(size);
    this.size = this.#number(order);
    this.#starts = new Uint32Array(this.size + 1);
    const causes: number[] = [];
    let missingCount = 0;
    for (let event = 0; event < this.size; event++) {
      for (const cause of this.#causeIdsOf(event)) {
        const index = this.indexOf(cause);
        if (index === undefined) missingCount++;
        else causes.push(index);
      }
      this.#starts[event + 1] = causes.length;
    }
    this.#causes = Uint32Array.from(causes);
    this.missingCount = missingCount;
  }

  event(index: number): JournalEvent {
    invariant(index >= 0 && index < this.size, "event of a graph", { index });
    return this.#block(index).event(this.#placeOf[index]!);
  }

  indexOf({ author, sequence }: EventId): number | undefined {
    return this.#known.get(authorKey(author))?.get(sequence);
  }

  causesOf(index: number): number[] {
    return [...this.#causes.subarray(this.#starts[index], this.#starts[index + 1])];
  }

  /** What led to it, itself included; the latest of them when there are more than `countMax`. */
  history(index: number, countMax: number): CausalAnswer {
    return newest(this.#ancestors(index), countMax);
  }

  /** What it led to, itself included; the earliest of them. */
  effects(index: number, countMax: number): CausalAnswer {
    return oldest(this.#descendants(index), countMax);
  }

  /** What neither led to it nor followed from it: the nearest in time. */
  concurrent(index: number, countMax: number): CausalAnswer {
    const before = this.#ancestors(index);
    const after = this.#descendants(index);
    const apart = before.map((isBefore, at) => (isBefore === 0 && after[at] === 0 ? 1 : 0));
    const all: number[] = [];
    for (let at = 0; at < apart.length; at++) if (apart[at] === 1) all.push(at);
    const near = all
      .toSorted((left, right) => Math.abs(left - index) - Math.abs(right - index))
      .slice(0, countMax);
    return { events: near.sort((left, right) => left - right), count: all.length };
  }

  /** The fewest steps by which `from` led to `to`; undefined: it did not. */
  path(from: number, to: number): readonly number[] | undefined {
    const nextOf = new Map<number, number>([[to, to]]);
    const open = [to];
    for (let at = 0; at < open.length; at++) {
      const event = open[at]!;
      if (event === from) return follow(nextOf, from, to);
      for (const cause of this.causesOf(event)) {
        if (nextOf.has(cause)) continue;
        nextOf.set(cause, event);
        open.push(cause);
      }
    }
    return undefined;
  }

  #ancestors(index: number): Uint8Array {
    const seen = new Uint8Array(this.size);
    const open = [index];
    seen[index] = 1;
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      for (let at = this.#starts[next]!; at < this.#starts[next + 1]!; at++) {
        const cause = this.#causes[at]!;
        if (seen[cause] === 1) continue;
        seen[cause] = 1;
        open.push(cause);
      }
    }
    return seen;
  }

  /** Effects have higher numbers than causes, so one pass finds them all. */
  #descendants(index: number): Uint8Array {
    const reached = new Uint8Array(this.size);
    reached[index] = 1;
    for (let event = index + 1; event < this.size; event++) {
      for (let at = this.#starts[event]!; at < this.#starts[event + 1]!; at++) {
        if (reached[this.#causes[at]!] === 1) reached[event] = 1;
      }
    }
    return reached;
  }

  /** Numbers each event once, however many journals tell of it. Answers how many there are. */
  #number(order: readonly (readonly [block: number, place: number])[]): number {
    let size = 0;
    for (const [block, place] of order) {
      const { author, sequence } = (this.#blocks[block] as EventBlock).id(place);
      const key = authorKey(author);
      let events = this.#known.get(key);
      if (events === undefined) {
        events = new Map();
        this.#known.set(key, events);
      }
      if (events.has(sequence)) continue;
      events.set(sequence, size);
      this.#blockOf[size] = block;
      this.#placeOf[size] = place;
      size++;
    }
    return size;
  }

  #causeIdsOf(event: number): EventId[] {
    const block = this.#block(event);
    const place = this.#placeOf[event]!;
    const { author, sequence } = block.id(place);
    const parents = block.parents(place);
    return sequence === 1 ? parents : [...parents, { author, sequence: sequence - 1 }];
  }

  #block(event: number): EventBlock {
    return this.#blocks[this.#blockOf[event]!] as EventBlock;
  }
}

function inTime(blocks: readonly EventBlock[], size: number): [number, number][] {
  const order: [number, number][] = [];
  const times = new Float64Array(size);
  const starts: number[] = [];
  for (const [block, { columns, eventCount }] of blocks.entries()) {
    starts.push(order.length);
    for (let place = 0; place < eventCount; place++) {
      // 48 bits of milliseconds leave 5: enough to sort most, and counters settle the rest.
      times[order.length] = columns.milliseconds[place]!;
      order.push([block, place]);
    }
  }
  const counterOf = ([block, place]: readonly [number, number]): number =>
    (blocks[block] as EventBlock).columns.counters[place]!;
  const timeOf = ([block, place]: readonly [number, number]): number =>
    times[(starts[block] as number) + place]!;
  return order.sort(
    (left, right) =>
      timeOf(left) - timeOf(right) ||
      counterOf(left) - counterOf(right) ||
      left[0] - right[0] ||
      left[1] - right[1],
  );
}

function authorKey({ name, incarnation }: EventId["author"]): string {
  return `${incarnation} ${name}`;
}

function follow(nextOf: ReadonlyMap<number, number>, from: number, to: number): number[] {
  const path = [from];
  for (let at = from; at !== to;) {
    at = nextOf.get(at)!;
    path.push(at);
  }
  return path;
}

function oldest(marked: Uint8Array, countMax: number): CausalAnswer {
  const events: number[] = [];
  let count = 0;
  for (let event = 0; event < marked.length; event++) {
    if (marked[event] === 0) continue;
    count++;
    if (events.length < countMax) events.push(event);
  }
  return { events, count };
}

function newest(marked: Uint8Array, countMax: number): CausalAnswer {
  const events: number[] = [];
  let count = 0;
  for (let event = marked.length - 1; event >= 0; event--) {
    if (marked[event] === 0) continue;
    count++;
    if (events.length < countMax) events.push(event);
  }
  return { events: events.reverse(), count };
}
