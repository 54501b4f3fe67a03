import type {
  EventDetail,
  EventId,
  JournalEvent,
  RecordingHeader,
} from "../../base/journal/journal-event.ts";
import { AuthorTable, NOBODY } from "./author-table.ts";
import {
  Column,
  float32Column,
  float64Column,
  int32Column,
  uint16Column,
  uint32Column,
  uint8Column,
} from "./column.ts";
import type { ColumnArray } from "./column.ts";
import { kindNumber } from "./kinds.ts";
import { StringTable } from "./string-table.ts";

/** No such row, no such number. */
export const NONE = -1;

/** What a detail's value is, beside its 64-bit number. */
export const TAG_NUMBER = 0;
export const TAG_TEXT = 1;
export const TAG_TRUTH = 2;

/** Counter steps of one millisecond that are told apart: more would not fit a 64-bit float's 53 bits. */
const COUNTER_STEPS = 2048;

export interface TableSnapshot {
  readonly header: RecordingHeader;
  readonly columns: readonly ColumnArray[];
  readonly texts: readonly string[];
  readonly authors: readonly { readonly name: string; readonly incarnation: number }[];
}

/**
 * Events as columns of numbers: 100,000 of them are 8 MB and no objects. A row keeps its number
 * from arrival until the oldest are dropped; time order is {@link TimeIndex}'s affair.
 */
export class EventTable {
  readonly header: RecordingHeader;
  readonly strings = new StringTable();
  readonly authors: AuthorTable;

  readonly lane = uint16Column();
  readonly author = uint16Column();
  readonly kind = uint8Column();
  /** Milliseconds since 1970; the counter is the fraction. */
  readonly time = float64Column();
  readonly authorSequence = uint32Column();
  readonly view = int32Column();
  /** Consensus sequence. */
  readonly slot = int32Column();
  readonly digest = uint32Column();
  readonly latencyMs = float32Column();
  /** The author's event before, by row. */
  readonly previous = int32Column();
  readonly parentStart = uint32Column();
  readonly parentCount = uint8Column();
  readonly parents = int32Column();
  readonly detailStart = uint32Column();
  readonly detailCount = uint8Column();
  readonly detailName = uint32Column();
  readonly detailTag = uint8Column();
  readonly detailValue = float64Column();

  /** One value a row each. */
  readonly #rowColumns = [
    this.lane,
    this.author,
    this.kind,
    this.time,
    this.authorSequence,
    this.view,
    this.slot,
    this.digest,
    this.latencyMs,
    this.previous,
    this.parentStart,
    this.parentCount,
    this.detailStart,
    this.detailCount,
  ] as Column<ColumnArray>[];
  readonly #detailColumns = [
    this.detailName,
    this.detailTag,
    this.detailValue,
  ] as Column<ColumnArray>[];

  // Parents that had not arrived when they were named: where they go, and who they are.
  readonly #pendingAt = uint32Column();
  readonly #pendingAuthor = uint16Column();
  readonly #pendingSequence = uint32Column();

  constructor(header: RecordingHeader) {
    this.header = header;
    this.authors = new AuthorTable(header.names);
  }

  get count(): number {
    return this.time.length;
  }

  /** False: there are too many authors to know this one, and the event is left out. */
  append(event: JournalEvent): boolean {
    const row = this.count;
    const { id, hlc, detail } = event;
    const { sequence } = id;
    const author = this.authors.numberOf(id.author.name, id.author.incarnation);
    if (author === NOBODY) return false;
    for (const column of this.#rowColumns) column.reserve(1);
    // Each array has a type of its own: stored one by one, the engine knows each of them.
    this.lane.data[row] = this.authors.laneOf(author);
    this.author.data[row] = author;
    this.kind.data[row] = kindNumber(event.kind);
    this.time.data[row] =
      hlc.milliseconds + Math.min(hlc.counter, COUNTER_STEPS - 1) / COUNTER_STEPS;
    this.authorSequence.data[row] = sequence;
    this.previous.data[row] = this.authors.rowOf(author, sequence - 1);
    this.authors.place(author, sequence, row);
    const { view, sequence: slot, digest, latencyMs } = detail;
    this.view.data[row] = whole(view);
    this.slot.data[row] = whole(slot);
    this.digest.data[row] = typeof digest === "string" ? this.strings.numberOf(digest) : 0;
    this.latencyMs.data[row] = typeof latencyMs === "number" ? latencyMs : Number.NaN;
    this.#appendParents(row, event.parents);
    this.#appendDetail(row, detail);
    for (const column of this.#rowColumns) column.length++;
    return true;
  }

  /** Ties parents that came later than their children; those that never came stay unknown. */
  settle(): void {
    const count = this.#pendingAt.length;
    let kept = 0;
    for (let index = 0; index < count; index++) {
      const at = this.#pendingAt.at(index);
      const author = this.#pendingAuthor.at(index);
      const sequence = this.#pendingSequence.at(index);
      const row = this.authors.rowOf(author, sequence);
      if (row !== NONE) {
        this.parents.data[at] = row;
        continue;
      }
      this.#pendingAt.data[kept] = at;
      this.#pendingAuthor.data[kept] = author;
      this.#pendingSequence.data[kept++] = sequence;
    }
    const from = Math.max(0, kept - PENDING_COUNT_MAX);
    for (const column of [this.#pendingAt, this.#pendingAuthor, this.#pendingSequence]) {
      column.length = kept;
      if (from > 0) column.dropFront(from);
    }
  }

  /** The detail as it was noted. */
  detailOf(row: number): EventDetail {
    const detail: Record<string, string | number | boolean> = {};
    const start = this.detailStart.at(row);
    for (let index = start; index < start + this.detailCount.at(row); index++) {
      const value = this.detailValue.at(index);
      const tag = this.detailTag.at(index);
      const name = this.strings.text(this.detailName.at(index));
      if (tag === TAG_TEXT) detail[name] = this.strings.text(value);
      else detail[name] = tag === TAG_TRUTH ? value !== 0 : value;
    }
    return detail;
  }

  /** One value of the detail without making the rest of it. */
  detailValueOf(row: number, name: string): string | number | boolean | undefined {
    const wanted = this.strings.find(name);
    if (wanted === 0) return undefined;
    const start = this.detailStart.at(row);
    for (let index = start; index < start + this.detailCount.at(row); index++) {
      if (this.detailName.at(index) !== wanted) continue;
      const value = this.detailValue.at(index);
      const tag = this.detailTag.at(index);
      if (tag === TAG_TEXT) return this.strings.text(value);
      return tag === TAG_TRUTH ? value !== 0 : value;
    }
    return undefined;
  }

  idOf(row: number): EventId {
    const { name, incarnation } = this.authors.author(this.author.at(row));
    return { author: { name, incarnation }, sequence: this.authorSequence.at(row) };
  }

  /** {@link NONE} when there is no such event here. */
  rowOf(id: EventId): number {
    const author = this.authors.find(id.author.name, id.author.incarnation);
    return author === NOBODY ? NONE : this.authors.rowOf(author, id.sequence);
  }

  laneName(lane: number): string {
    return this.authors.lanes[lane]?.name ?? "";
  }

  /** Forgets the `count` oldest rows; all row numbers fall by that many. */
  dropFront(count: number): void {
    const firstParent = this.parentStart.at(count);
    const firstDetail = this.detailStart.at(count);
    for (const column of this.#rowColumns) column.dropFront(count);
    this.parents.dropFront(firstParent);
    for (const column of this.#detailColumns) column.dropFront(firstDetail);
    lower(this.parentStart, firstParent, 0);
    lower(this.detailStart, firstDetail, 0);
    lower(this.previous, count, NONE);
    lower(this.parents, count, NONE);
    this.authors.dropRows(count);
    this.#lowerPending(firstParent);
    this.#dropUnusedTexts();
  }

  snapshot(): TableSnapshot {
    return {
      header: this.header,
      columns: this.#allColumns().map((column) => column.take()),
      texts: this.strings.all(),
      authors: this.authors.all(),
    };
  }

  static from(snapshot: TableSnapshot): EventTable {
    const table = new EventTable(snapshot.header);
    for (const [index, column] of table.#allColumns().entries()) {
      column.adopt(snapshot.columns[index] as never);
    }
    table.strings.adopt(snapshot.texts);
    table.authors.adopt(snapshot.authors);
    for (let row = 0; row < table.count; row++) {
      table.authors.place(table.author.at(row), table.authorSequence.at(row), row);
    }
    return table;
  }

  #appendParents(row: number, parents: readonly EventId[]): void {
    let at = this.parents.length;
    this.parents.reserve(parents.length);
    this.parentStart.data[row] = at;
    this.parentCount.data[row] = parents.length;
    for (const parent of parents) {
      const author = this.authors.numberOf(parent.author.name, parent.author.incarnation);
      const isKnown = author !== NOBODY;
      const parentRow = isKnown ? this.authors.rowOf(author, parent.sequence) : NONE;
      if (isKnown && parentRow === NONE) {
        this.#pendingAt.push(at);
        this.#pendingAuthor.push(author);
        this.#pendingSequence.push(parent.sequence);
      }
      this.parents.data[at++] = parentRow;
    }
    this.parents.length = at;
  }

  #appendDetail(row: number, detail: EventDetail): void {
    const start = this.detailName.length;
    let at = start;
    const names = Object.keys(detail);
    for (const column of this.#detailColumns) column.reserve(names.length);
    for (const name of names) {
      const value = detail[name] as string | number | boolean;
      this.detailName.data[at] = this.strings.numberOf(name);
      this.detailTag.data[at] = tagOf(value);
      this.detailValue.data[at] =
        typeof value === "string" ? this.strings.numberOf(value) : Number(value);
      at++;
    }
    this.detailStart.data[row] = start;
    this.detailCount.data[row] = at - start;
    for (const column of this.#detailColumns) column.length = at;
  }

  #lowerPending(firstParent: number): void {
    let kept = 0;
    for (let index = 0; index < this.#pendingAt.length; index++) {
      const at = this.#pendingAt.at(index) - firstParent;
      if (at < 0) continue;
      this.#pendingAt.data[kept] = at;
      this.#pendingAuthor.data[kept] = this.#pendingAuthor.at(index);
      this.#pendingSequence.data[kept++] = this.#pendingSequence.at(index);
    }
    for (const column of [this.#pendingAt, this.#pendingAuthor, this.#pendingSequence]) {
      column.length = kept;
    }
  }

  /** Digests come and go for ever; a live table keeps only those that a row still names. */
  #dropUnusedTexts(): void {
    const old = this.strings.all();
    const fresh = new StringTable();
    const renumber = (column: Column<ColumnArray>, when?: Column<ColumnArray>): void => {
      for (let index = 0; index < column.length; index++) {
        if (when !== undefined && when.at(index) !== TAG_TEXT) continue;
        column.data[index] = fresh.numberOf(old[column.at(index)] ?? "");
      }
    };
    renumber(this.digest);
    renumber(this.detailName);
    renumber(this.detailValue, this.detailTag);
    this.strings.adopt(fresh.all());
  }

  #allColumns(): Column<ColumnArray>[] {
    return [...this.#rowColumns, this.parents, ...this.#detailColumns];
  }
}

/** A live feed's parents that never came: each is 10 bytes, and the oldest are given up first. */
const PENDING_COUNT_MAX = 262_144;

function tagOf(value: string | number | boolean): number {
  if (typeof value === "string") return TAG_TEXT;
  return typeof value === "boolean" ? TAG_TRUTH : TAG_NUMBER;
}

function whole(value: string | number | boolean | undefined): number {
  return typeof value === "number" && value >= 0 && value < 0x7fff_ffff ? value : NONE;
}

function lower(
  column: { data: Uint32Array | Int32Array; length: number },
  by: number,
  floor: number,
): void {
  for (let index = 0; index < column.length; index++) {
    column.data[index] = Math.max(floor, (column.data[index] as number) - by);
  }
}
