import type { EventAuthor, EventId, EventKind } from "./journal-event.ts";
import { EVENT_KINDS } from "./journal-event.ts";
import { CYCLE_SEARCH_STEP_COUNT_MAX, TABLE_AUTHOR_COUNT_MAX } from "./limits.ts";

/** A parent that has not come. */
const ABSENT = -1;
const CAPACITY_MIN = 1024;
/** Room grows by a quarter: memory counts more here than copying does. */
const GROWTH = 1.25;

type Column = Float64Array | Uint32Array | Int32Array | Uint16Array | Uint8Array;

const KIND_NUMBERS: ReadonlyMap<EventKind, number> = new Map(
  EVENT_KINDS.map((kind, number) => [kind, number]),
);

/** As much of an event as tells it from another of the same author and sequence. */
export interface EventContent {
  readonly milliseconds: number;
  readonly counter: number;
  readonly kind: EventKind;
  readonly parentCount: number;
}

interface AuthorEvents {
  readonly author: EventAuthor;
  /** Indexes of its events, by ascending sequence. */
  order: Int32Array;
  size: number;
}

/**
 * Events as numbers: about 40 bytes each, and 4 for each parent. What the causality verifier knows
 * of them.
 */
export class EventTable {
  size = 0;
  #authors = new Uint16Array(CAPACITY_MIN);
  #kinds = new Uint8Array(CAPACITY_MIN);
  #sequences = new Float64Array(CAPACITY_MIN);
  #milliseconds = new Float64Array(CAPACITY_MIN);
  #counters = new Uint16Array(CAPACITY_MIN);
  /** Event i's parents begin there and end where those of i + 1 begin. */
  #parentStarts = new Uint32Array(CAPACITY_MIN);
  #parents = new Int32Array(CAPACITY_MIN);
  #parentCount = 0;
  readonly #events: AuthorEvents[] = [];
  /** By name, then by incarnation. */
  readonly #known = new Map<string, Map<number, number>>();
  #stepsLeft = CYCLE_SEARCH_STEP_COUNT_MAX;

  get byteSize(): number {
    let size = this.#parents.byteLength;
    for (const column of this.#columns()) size += column.byteLength;
    for (const { order } of this.#events) size += order.byteLength;
    return size;
  }

  /** The author's number in this table; undefined: there are too many. */
  authorOf(author: EventAuthor): number | undefined {
    let incarnations = this.#known.get(author.name);
    if (incarnations === undefined) {
      incarnations = new Map();
      this.#known.set(author.name, incarnations);
    }
    let index = incarnations.get(author.incarnation);
    if (index === undefined) {
      index = this.#events.length;
      if (index >= TABLE_AUTHOR_COUNT_MAX) return undefined;
      incarnations.set(author.incarnation, index);
      this.#events.push({ author, order: new Int32Array(16), size: 0 });
    }
    return index;
  }

  authorAt(author: number): EventAuthor {
    return this.#of(author).author;
  }

  authorIndexOf(event: number): number {
    return this.#authors[event]!;
  }

  sequenceOf(event: number): number {
    return this.#sequences[event]!;
  }

  idOf(event: number): EventId {
    return { author: this.authorAt(this.#authors[event]!), sequence: this.#sequences[event]! };
  }

  /** The author's event with the highest sequence. */
  lastOf(author: number): number | undefined {
    const { order, size } = this.#of(author);
    return size === 0 ? undefined : order[size - 1];
  }

  indexOf(author: number, sequence: number): number | undefined {
    const { order, size } = this.#of(author);
    if (size === 0) return undefined;
    // Sequences have no gaps, as a rule: the place is known.
    const guess = sequence - this.#sequences[order[0]!]!;
    if (guess < 0) return undefined;
    if (guess < size && this.#sequences[order[guess]!] === sequence) return order[guess];
    return this.#search(order, size, sequence);
  }

  /** Whether the author's journal here has events before and after this one. */
  surrounds({ name, incarnation }: EventAuthor, sequence: number): boolean {
    const author = this.#known.get(name)?.get(incarnation);
    if (author === undefined) return false;
    const { order, size } = this.#of(author);
    if (size === 0 || sequence < this.#sequences[order[0]!]!) return false;
    return sequence < this.#sequences[order[size - 1]!]!;
  }

  /** The author's next event, of a higher sequence than all before. */
  add(author: number, sequence: number, of: EventContent): number {
    const index = this.size++;
    if (index + 1 >= this.#authors.length) this.#grow();
    this.#authors[index] = author;
    this.#kinds[index] = KIND_NUMBERS.get(of.kind)!;
    this.#sequences[index] = sequence;
    this.#milliseconds[index] = of.milliseconds;
    this.#counters[index] = of.counter;
    this.#parentStarts[index] = this.#parentCount;
    this.#parentStarts[index + 1] = this.#parentCount;
    const events = this.#of(author);
    if (events.size === events.order.length) events.order = grown(events.order);
    events.order[events.size++] = index;
    return index;
  }

  /** One more of the newest event. Answers its place, for {@link setParent} when it was absent. */
  addParent(parent: number = ABSENT): number {
    const place = this.#parentCount++;
    if (place === this.#parents.length) this.#parents = grown(this.#parents);
    this.#parents[place] = parent;
    this.#parentStarts[this.size] = this.#parentCount;
    return place;
  }

  setParent(place: number, parent: number): void {
    this.#parents[place] = parent;
  }

  compareTimes(left: number, right: number): number {
    const ms = this.#milliseconds;
    return ms[left]! - ms[right]! || this.#counters[left]! - this.#counters[right]!;
  }

  isSame(event: number, { milliseconds, counter, kind, parentCount }: EventContent): boolean {
    const held = this.#parentStarts[event + 1]! - this.#parentStarts[event]!;
    return (
      held === parentCount &&
      this.#milliseconds[event] === milliseconds &&
      this.#counters[event] === counter &&
      this.#kinds[event] === KIND_NUMBERS.get(kind)
    );
  }

  /**
   * Whether `wanted` can be reached from `event` through causes. Not beyond a bound of steps over
   * the table's life, so that no journal can make every event search all others.
   */
  isAmongCauses(wanted: number, event: number): boolean {
    const seen = new Set<number>([event]);
    const open = [event];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next === wanted) return true;
      if (this.#stepsLeft-- <= 0) return false;
      for (const cause of this.#causesOf(next)) {
        if (seen.has(cause)) continue;
        seen.add(cause);
        open.push(cause);
      }
    }
    return false;
  }

  /** Ranges of sequences that are not here, though the author's journal has later ones. */
  *holes(): IterableIterator<{ readonly author: EventAuthor; from: number; to: number }> {
    for (const { author, order, size } of this.#events) {
      let next = 1;
      for (let at = 0; at < size; at++) {
        const sequence = this.#sequences[order[at]!]!;
        if (sequence > next) yield { author, from: next, to: sequence - 1 };
        next = sequence + 1;
      }
    }
  }

  *#causesOf(event: number): IterableIterator<number> {
    for (let at = this.#parentStarts[event]!; at < this.#parentStarts[event + 1]!; at++) {
      if (this.#parents[at] !== ABSENT) yield this.#parents[at]!;
    }
    const { order, size } = this.#of(this.#authors[event]!);
    const place = this.#placeOf(order, size, this.#sequences[event]!);
    if (place > 0) yield order[place - 1]!;
  }

  #search(order: Int32Array, size: number, sequence: number): number | undefined {
    const place = this.#placeOf(order, size, sequence);
    const event = order[place]!;
    return place < size && this.#sequences[event] === sequence ? event : undefined;
  }

  /** Of the first event that is not below the sequence. */
  #placeOf(order: Int32Array, size: number, sequence: number): number {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sequences[order[middle]!]! < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #of(author: number): AuthorEvents {
    return this.#events[author] as AuthorEvents;
  }

  #columns(): Column[] {
    return [
      this.#authors,
      this.#kinds,
      this.#sequences,
      this.#milliseconds,
      this.#counters,
      this.#parentStarts,
    ];
  }

  #grow(): void {
    this.#authors = grown(this.#authors);
    this.#kinds = grown(this.#kinds);
    this.#sequences = grown(this.#sequences);
    this.#milliseconds = grown(this.#milliseconds);
    this.#counters = grown(this.#counters);
    this.#parentStarts = grown(this.#parentStarts);
  }
}

function grown<T extends Column>(column: T): T {
  const { constructor } = column as { readonly constructor: unknown };
  const wider = new (constructor as new (length: number) => T)(Math.ceil(column.length * GROWTH));
  wider.set(column);
  return wider;
}
