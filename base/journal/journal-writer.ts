import { invariant } from "../assert.ts";
import { utf8 } from "../bytes.ts";
import { ByteSink } from "./byte-sink.ts";
import {
  DETAIL_DIGEST,
  DETAIL_FLOAT,
  DETAIL_NATURAL,
  DETAIL_NEGATIVE,
  DETAIL_TEXT,
  detailTypeOf,
} from "./detail-value.ts";
import type { EventAuthor, EventDetail, EventKind, JournalEvent } from "./journal-event.ts";
import {
  AUTHOR_NUMBER_MAX,
  BLOCK_AUTHOR_COUNT_MAX,
  BLOCK_BYTES_MAX,
  BLOCK_EVENT_COUNT_MAX,
  BLOCK_SHAPE_COUNT_MAX,
  BLOCK_STRING_COUNT_MAX,
  DETAIL_COUNT_MAX,
  PARENT_COUNT_MAX,
  TEXT_BYTES_MAX,
  TIME_COUNTER_MAX,
  TIME_MILLISECONDS_MAX,
} from "./limits.ts";
import { DETAIL_NAME, encodeBlock } from "./recording-format.ts";

/** Closed from here on; the largest event still fits behind it. */
const BLOCK_BYTES_TARGET: number = BLOCK_BYTES_MAX / 2;
/** What one event may add to a block's tables: its author, its parents, its names and texts. */
const STRINGS_PER_EVENT_MAX: number = 2 * DETAIL_COUNT_MAX + PARENT_COUNT_MAX + 2;
const AUTHORS_PER_EVENT_MAX: number = PARENT_COUNT_MAX + 1;

/**
 * Packs events into blocks. A block carries its own tables of strings, authors and shapes, so that
 * it can be read alone, whatever happened to those before it.
 */
export class JournalWriter {
  readonly #strings = new Map<string, number>();
  readonly #stringBytes = new ByteSink(4096);
  /** By name, then by incarnation. */
  readonly #authors = new Map<string, Map<number, number>>();
  readonly #authorBytes = new ByteSink(1024);
  #authorCount = 0;
  /** Each author's last event in this block, from which the next is counted on. */
  readonly #lastSequences: number[] = [];
  readonly #shapes = new Map<EventKind, Shape[]>();
  #shapeCount = 0;
  readonly #shapeBytes = new ByteSink(1024);
  readonly #eventBytes = new ByteSink(64 * 1024);
  readonly #body = new ByteSink(64 * 1024);
  #eventCount = 0;
  #lastMs = 0;
  #earliestMs = 0;
  #latestMs = 0;

  /** Events that wait for {@link flush}. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** About how many bytes {@link flush} would answer. */
  get size(): number {
    return this.#eventBytes.size + this.#stringBytes.size;
  }

  /** A block that may be longer no more: flush before the next event. */
  get isFull(): boolean {
    return (
      this.#eventCount >= BLOCK_EVENT_COUNT_MAX ||
      this.size >= BLOCK_BYTES_TARGET ||
      this.#strings.size > BLOCK_STRING_COUNT_MAX - STRINGS_PER_EVENT_MAX ||
      this.#authorCount > BLOCK_AUTHOR_COUNT_MAX - AUTHORS_PER_EVENT_MAX ||
      this.#shapeCount >= BLOCK_SHAPE_COUNT_MAX
    );
  }

  add(event: JournalEvent): void {
    invariant(!this.isFull, "journal block has room");
    const { id, hlc, parents, detail } = event;
    invariant(parents.length <= PARENT_COUNT_MAX, "parents of an event", { event });
    invariant(isTime(hlc.milliseconds, hlc.counter), "time of an event", { event });
    const names = Object.keys(detail);
    invariant(names.length <= DETAIL_COUNT_MAX, "details of an event", { event });
    const out = this.#eventBytes;
    const shape = this.#shapeOf(event, names);
    const author = this.#authorOf(id.author);
    out.varint(shape);
    out.varint(author);
    out.signed(id.sequence - (this.#lastSequences[author] as number) - 1);
    this.#note(hlc.milliseconds);
    out.signed(hlc.milliseconds - this.#lastMs);
    out.varint(hlc.counter);
    out.varint(parents.length);
    for (const parent of parents) {
      const of = this.#authorOf(parent.author);
      invariant(isNumber(parent.sequence), "sequence of a parent", { event });
      out.varint(of);
      out.signed(parent.sequence - (this.#lastSequences[of] as number));
    }
    for (const name of names) this.#value(detail[name] as EventDetail[string]);
    invariant(isNumber(id.sequence), "sequence of an event", { event });
    this.#lastSequences[author] = id.sequence;
    this.#lastMs = hlc.milliseconds;
    this.#eventCount++;
  }

  /** The block of what was added since the last; undefined when nothing was. */
  flush(): Uint8Array | undefined {
    if (this.#eventCount === 0) return undefined;
    const body = this.#body;
    body.clear();
    body.varint(this.#strings.size);
    body.raw(this.#stringBytes.written);
    body.varint(this.#authorCount);
    body.raw(this.#authorBytes.written);
    body.varint(this.#shapeCount);
    body.raw(this.#shapeBytes.written);
    body.raw(this.#eventBytes.written);
    const block = encodeBlock(body.written, {
      eventCount: this.#eventCount,
      earliestMs: this.#earliestMs,
      latestMs: this.#latestMs,
    });
    this.#reset();
    return block;
  }

  #reset(): void {
    this.#strings.clear();
    this.#authors.clear();
    this.#shapes.clear();
    this.#shapeCount = 0;
    this.#lastSequences.length = 0;
    for (const part of [this.#stringBytes, this.#authorBytes, this.#shapeBytes]) part.clear();
    this.#eventBytes.clear();
    this.#authorCount = 0;
    this.#eventCount = 0;
    this.#lastMs = 0;
  }

  /** The first event's time is counted from 0, the next from the one before. */
  #note(milliseconds: number): void {
    const isFirst = this.#eventCount === 0;
    this.#earliestMs = isFirst ? milliseconds : Math.min(this.#earliestMs, milliseconds);
    this.#latestMs = isFirst ? milliseconds : Math.max(this.#latestMs, milliseconds);
  }

  #value(value: string | number | boolean): void {
    const out = this.#eventBytes;
    switch (detailTypeOf(value)) {
      case DETAIL_TEXT:
        out.varint(this.#stringOf(value as string));
        break;
      case DETAIL_NATURAL:
        out.varint(value as number);
        break;
      case DETAIL_NEGATIVE:
        out.varint(-1 - (value as number));
        break;
      case DETAIL_FLOAT:
        out.float(value as number);
        break;
      case DETAIL_DIGEST:
        for (let at = 0; at < (value as string).length; at += 2) {
          out.byte(Number.parseInt((value as string).slice(at, at + 2), 16));
        }
        break;
      default:
      // What is true or false stands in the shape.
    }
  }

  #stringOf(text: string): number {
    let index = this.#strings.get(text);
    if (index === undefined) {
      index = this.#strings.size;
      const bytes = utf8(text);
      invariant(bytes.length <= TEXT_BYTES_MAX, "text of an event", { text });
      this.#strings.set(text, index);
      this.#stringBytes.varint(bytes.length);
      this.#stringBytes.raw(bytes);
    }
    return index;
  }

  #authorOf({ name, incarnation }: EventAuthor): number {
    let incarnations = this.#authors.get(name);
    if (incarnations === undefined) {
      incarnations = new Map();
      this.#authors.set(name, incarnations);
    }
    let index = incarnations.get(incarnation);
    if (index === undefined) {
      index = this.#authorCount++;
      invariant(isNumber(incarnation), "incarnation of an author", { name, incarnation });
      incarnations.set(incarnation, index);
      this.#lastSequences.push(0);
      this.#authorBytes.varint(this.#stringOf(name));
      this.#authorBytes.varint(incarnation);
    }
    return index;
  }

  /** A kind has few shapes, and the last one is mostly meant again. */
  #shapeOf({ kind, detail }: JournalEvent, names: readonly string[]): number {
    let shapes = this.#shapes.get(kind);
    if (shapes === undefined) {
      shapes = [];
      this.#shapes.set(kind, shapes);
    }
    for (const shape of shapes) if (hasShape(detail, names, shape)) return shape.index;
    const types = names.map((name) => detailTypeOf(detail[name] as EventDetail[string]));
    const index = this.#shapeCount++;
    shapes.unshift({ index, names, types });
    const out = this.#shapeBytes;
    out.varint(this.#stringOf(kind));
    out.varint(names.length);
    for (const [at, name] of names.entries()) {
      invariant(DETAIL_NAME.test(name), "name of a detail", { name });
      out.varint(this.#stringOf(name));
      out.byte(types[at] as number);
    }
    return index;
  }
}

interface Shape {
  readonly index: number;
  readonly names: readonly string[];
  readonly types: readonly number[];
}

function hasShape(detail: EventDetail, names: readonly string[], shape: Shape): boolean {
  if (names.length !== shape.names.length) return false;
  for (let at = 0; at < names.length; at++) {
    const name = names[at]!;
    if (name !== shape.names[at]) return false;
    if (detailTypeOf(detail[name] as EventDetail[string]) !== shape.types[at]) return false;
  }
  return true;
}

function isTime(milliseconds: number, counter: number): boolean {
  const isWhole = Number.isInteger(milliseconds) && Number.isInteger(counter);
  const isPositive = milliseconds >= 0 && counter >= 0;
  return (
    isWhole && isPositive && milliseconds <= TIME_MILLISECONDS_MAX && counter <= TIME_COUNTER_MAX
  );
}

function isNumber(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= AUTHOR_NUMBER_MAX;
}
