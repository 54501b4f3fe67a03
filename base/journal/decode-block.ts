import { ByteCursor, JournalRefusal } from "./byte-cursor.ts";
import {
  DETAIL_DIGEST,
  DETAIL_FLOAT,
  DETAIL_NATURAL,
  DETAIL_NEGATIVE,
  DETAIL_TEXT,
  DETAIL_TYPE_MAX,
  DIGEST_SIZE,
  detailTypeOf,
} from "./detail-value.ts";
import { EventBlock } from "./event-block.ts";
import type { BlockColumns, EventShape } from "./event-block.ts";
import { EVENT_KINDS } from "./journal-event.ts";
import type { EventAuthor, EventKind } from "./journal-event.ts";
import {
  AUTHOR_NUMBER_MAX,
  BLOCK_AUTHOR_COUNT_MAX,
  BLOCK_SHAPE_COUNT_MAX,
  BLOCK_STRING_COUNT_MAX,
  DETAIL_COUNT_MAX,
  PARENT_COUNT_MAX,
  TEXT_BYTES_MAX,
  TIME_COUNTER_MAX,
  TIME_MILLISECONDS_MAX,
} from "./limits.ts";
import { DETAIL_NAME } from "./recording-format.ts";
import type { BlockHead } from "./recording-format.ts";

const KNOWN_KINDS: ReadonlySet<string> = new Set(EVENT_KINDS);

interface Tables {
  readonly strings: readonly string[];
  readonly authors: readonly EventAuthor[];
  readonly shapes: readonly EventShape[];
}

/**
 * A block's body, every byte of it judged, so that nothing that is read from it later can fail.
 *
 * @throws JournalRefusal
 */
export function decodeBlock(head: BlockHead, body: Uint8Array): EventBlock {
  const cursor = new ByteCursor(body);
  const strings = readStrings(cursor);
  const authors = readAuthors(cursor, strings);
  const shapes = readShapes(cursor, strings);
  const tables = { strings, authors, shapes };
  const columns = new ColumnReader(cursor, tables, head.eventCount).read();
  if (!cursor.isAtEnd) throw new JournalRefusal("bytes after the last event");
  checkSpan(head, columns.milliseconds);
  return new EventBlock(body, tables, columns);
}

function readStrings(cursor: ByteCursor): string[] {
  const count = cursor.count(BLOCK_STRING_COUNT_MAX, 1);
  const strings: string[] = [];
  for (let index = 0; index < count; index++) strings.push(cursor.text(TEXT_BYTES_MAX));
  if (new Set(strings).size !== count) throw new JournalRefusal("string twice");
  return strings;
}

function readAuthors(cursor: ByteCursor, strings: readonly string[]): EventAuthor[] {
  const count = cursor.count(BLOCK_AUTHOR_COUNT_MAX, 2);
  const authors: EventAuthor[] = [];
  const seen = new Set<string>();
  for (let index = 0; index < count; index++) {
    const name = stringAt(strings, cursor.varint());
    const incarnation = positive(cursor.varint(AUTHOR_NUMBER_MAX));
    authors.push({ name, incarnation });
    seen.add(`${incarnation} ${name}`);
  }
  if (seen.size !== count) throw new JournalRefusal("author twice");
  return authors;
}

function readShapes(cursor: ByteCursor, strings: readonly string[]): EventShape[] {
  const count = cursor.count(BLOCK_SHAPE_COUNT_MAX, 2);
  const shapes: EventShape[] = [];
  for (let index = 0; index < count; index++) {
    const kind = stringAt(strings, cursor.varint());
    if (!KNOWN_KINDS.has(kind)) throw new JournalRefusal("unknown kind");
    const detailCount = cursor.count(DETAIL_COUNT_MAX, 2);
    const names: string[] = [];
    const types: number[] = [];
    for (let at = 0; at < detailCount; at++) {
      const name = stringAt(strings, cursor.varint());
      const type = cursor.byte();
      if (!DETAIL_NAME.test(name)) throw new JournalRefusal("name of a detail");
      if (type > DETAIL_TYPE_MAX) throw new JournalRefusal("unknown type of a detail");
      names.push(name);
      types.push(type);
    }
    if (new Set(names).size !== detailCount) throw new JournalRefusal("detail twice");
    shapes.push({ kind: kind as EventKind, names, types });
  }
  return shapes;
}

class ColumnReader {
  readonly #cursor: ByteCursor;
  readonly #tables: Tables;
  readonly #count: number;
  readonly #lastSequences: Float64Array;
  readonly #parentAuthors: number[] = [];
  readonly #parentSequences: number[] = [];

  constructor(cursor: ByteCursor, tables: Tables, count: number) {
    this.#cursor = cursor;
    this.#tables = tables;
    this.#count = count;
    this.#lastSequences = new Float64Array(tables.authors.length);
  }

  read(): BlockColumns {
    const count = this.#count;
    const cursor = this.#cursor;
    const shapes = new Uint16Array(count);
    const authors = new Uint16Array(count);
    const sequences = new Float64Array(count);
    const milliseconds = new Float64Array(count);
    const counters = new Uint16Array(count);
    const parentStarts = new Uint32Array(count + 1);
    const detailStarts = new Uint32Array(count);
    let lastMs = 0;
    for (let index = 0; index < count; index++) {
      const shape = cursor.varint();
      const of = this.#tables.shapes[shape];
      if (of === undefined) throw new JournalRefusal("no such shape");
      shapes[index] = shape;
      const author = this.#author();
      authors[index] = author;
      const sequence = positive(this.#lastSequences[author]! + 1 + cursor.signed());
      sequences[index] = sequence;
      lastMs = within(lastMs + cursor.signed(), TIME_MILLISECONDS_MAX);
      milliseconds[index] = lastMs;
      counters[index] = cursor.varint(TIME_COUNTER_MAX);
      this.#parents();
      parentStarts[index + 1] = this.#parentAuthors.length;
      detailStarts[index] = cursor.at;
      for (const type of of.types) this.#skipValue(type);
      this.#lastSequences[author] = sequence;
    }
    const parentAuthors = Uint16Array.from(this.#parentAuthors);
    const parentSequences = Float64Array.from(this.#parentSequences);
    return {
      shapes,
      authors,
      sequences,
      milliseconds,
      counters,
      parentStarts,
      parentAuthors,
      parentSequences,
      detailStarts,
    };
  }

  #author(): number {
    const author = this.#cursor.varint();
    if (author >= this.#lastSequences.length) throw new JournalRefusal("no such author");
    return author;
  }

  #parents(): void {
    const count = this.#cursor.varint(PARENT_COUNT_MAX);
    for (let at = 0; at < count; at++) {
      const author = this.#author();
      this.#parentAuthors.push(author);
      const sequence = this.#lastSequences[author]! + this.#cursor.signed();
      this.#parentSequences.push(positive(sequence));
    }
  }

  #skipValue(type: number): void {
    const cursor = this.#cursor;
    switch (type) {
      case DETAIL_TEXT: {
        const text = stringAt(this.#tables.strings, cursor.varint());
        if (detailTypeOf(text) !== DETAIL_TEXT) throw new JournalRefusal("digest as text");
        break;
      }
      case DETAIL_NATURAL:
        cursor.varint();
        break;
      case DETAIL_NEGATIVE:
        cursor.varint(Number.MAX_SAFE_INTEGER - 1);
        break;
      case DETAIL_FLOAT: {
        if (detailTypeOf(cursor.float()) !== DETAIL_FLOAT) throw new JournalRefusal("whole float");
        break;
      }
      case DETAIL_DIGEST:
        cursor.skip(DIGEST_SIZE);
        break;
      default:
    }
  }
}

function checkSpan({ earliestMs, latestMs }: BlockHead, milliseconds: Float64Array): void {
  let earliest = Number.POSITIVE_INFINITY;
  let latest = 0;
  for (const each of milliseconds) {
    if (each < earliest) earliest = each;
    if (each > latest) latest = each;
  }
  if (earliest !== earliestMs || latest !== latestMs) throw new JournalRefusal("span of the head");
}

function stringAt(strings: readonly string[], index: number): string {
  const text = strings[index];
  if (text === undefined) throw new JournalRefusal("no such string");
  return text;
}

function positive(value: number): number {
  if (value < 1 || value > AUTHOR_NUMBER_MAX) throw new JournalRefusal("number out of range");
  return value;
}

function within(value: number, max: number): number {
  if (value < 0 || value > max) throw new JournalRefusal("time out of range");
  return value;
}
