import { invariant } from "../assert.ts";
import { toHex } from "../bytes.ts";
import { ByteCursor } from "./byte-cursor.ts";
import {
  DETAIL_DIGEST,
  DETAIL_FLOAT,
  DETAIL_NATURAL,
  DETAIL_NEGATIVE,
  DETAIL_TEXT,
  DETAIL_TRUE,
  DIGEST_SIZE,
} from "./detail-value.ts";
import type {
  EventAuthor,
  EventDetail,
  EventId,
  EventKind,
  EventTime,
  JournalEvent,
} from "./journal-event.ts";

/** A kind with the names and types of its details. */
export interface EventShape {
  readonly kind: EventKind;
  readonly names: readonly string[];
  /** As {@link detailTypeOf}. */
  readonly types: readonly number[];
}

/** What a block's events are made of: a number each, and where the values of the detail lie. */
export interface BlockColumns {
  readonly shapes: Uint16Array;
  /** Indexes into {@link EventBlock.authors}. */
  readonly authors: Uint16Array;
  readonly sequences: Float64Array;
  readonly milliseconds: Float64Array;
  readonly counters: Uint16Array;
  /** Event i's parents are those from `parentStarts[i]` to `parentStarts[i + 1]`. */
  readonly parentStarts: Uint32Array;
  readonly parentAuthors: Uint16Array;
  readonly parentSequences: Float64Array;
  /** Where in the body event i's values begin. */
  readonly detailStarts: Uint32Array;
}

/**
 * A decoded block. Events lie in columns, about 40 bytes each with their details as they came, and
 * become objects only when asked for: a browser holds a million.
 */
export class EventBlock {
  readonly authors: readonly EventAuthor[];
  readonly columns: BlockColumns;
  readonly #strings: readonly string[];
  readonly #shapes: readonly EventShape[];
  readonly #body: Uint8Array;

  constructor(
    body: Uint8Array,
    tables: {
      readonly strings: readonly string[];
      readonly authors: readonly EventAuthor[];
      readonly shapes: readonly EventShape[];
    },
    columns: BlockColumns,
  ) {
    this.#body = body;
    this.#strings = tables.strings;
    this.#shapes = tables.shapes;
    this.authors = tables.authors;
    this.columns = columns;
  }

  get eventCount(): number {
    return this.columns.authors.length;
  }

  kind(index: number): EventKind {
    return this.#shapeOf(index).kind;
  }

  id(index: number): EventId {
    const { authors, sequences } = this.columns;
    return { author: this.#author(authors[index]!), sequence: sequences[index]! };
  }

  time(index: number): EventTime {
    const { milliseconds, counters } = this.columns;
    return { milliseconds: milliseconds[index]!, counter: counters[index]! };
  }

  parents(index: number): EventId[] {
    const { parentStarts, parentAuthors, parentSequences } = this.columns;
    const parents: EventId[] = [];
    for (let at = parentStarts[index]!; at < parentStarts[index + 1]!; at++) {
      parents.push({
        author: this.#author(parentAuthors[at]!),
        sequence: parentSequences[at]!,
      });
    }
    return parents;
  }

  detail(index: number): EventDetail {
    const { names, types } = this.#shapeOf(index);
    const cursor = new ByteCursor(this.#body);
    cursor.at = this.columns.detailStarts[index]!;
    const detail: Record<string, string | number | boolean> = {};
    for (const [at, name] of names.entries()) detail[name] = this.#value(types[at]!, cursor);
    return detail;
  }

  event(index: number): JournalEvent {
    invariant(index >= 0 && index < this.eventCount, "event of a block", { index });
    return {
      id: this.id(index),
      hlc: this.time(index),
      kind: this.kind(index),
      parents: this.parents(index),
      detail: this.detail(index),
    };
  }

  *events(): IterableIterator<JournalEvent> {
    for (let index = 0; index < this.eventCount; index++) yield this.event(index);
  }

  #author(index: number): EventAuthor {
    return this.authors[index] as EventAuthor;
  }

  #shapeOf(index: number): EventShape {
    return this.#shapes[this.columns.shapes[index]!] as EventShape;
  }

  #value(type: number, cursor: ByteCursor): string | number | boolean {
    switch (type) {
      case DETAIL_TEXT:
        return this.#strings[cursor.varint()] as string;
      case DETAIL_NATURAL:
        return cursor.varint();
      case DETAIL_NEGATIVE:
        return -1 - cursor.varint();
      case DETAIL_FLOAT:
        return cursor.float();
      case DETAIL_DIGEST: {
        cursor.skip(DIGEST_SIZE);
        return toHex(this.#body.subarray(cursor.at - DIGEST_SIZE, cursor.at));
      }
      default:
        return type === DETAIL_TRUE;
    }
  }
}
