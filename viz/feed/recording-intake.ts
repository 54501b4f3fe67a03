import { JournalReader } from "../../base/journal/journal-reader.ts";
import type { RecordingHeader } from "../../base/journal/journal-event.ts";
import { EventTable, NONE } from "../model/event-table.ts";

/** What a recording's bytes came to, beside its events. */
export interface IntakeReport {
  /** Places whose bytes told nothing, and how much was lost there. */
  readonly gapCount: number;
  readonly gapBytes: number;
  /** Events beyond what a page may hold, or of more authors than it can tell apart. */
  readonly leftOut: number;
}

/** About 100 bytes each: a page that holds more than this dies on ordinary machines. */
export const EVENT_COUNT_MAX = 4_000_000;

/** A feed that says nothing of its cluster: lanes are named by their events alone. */
const NO_HEADER: RecordingHeader = {
  origin: "live",
  title: "recording without a header",
  memberCount: 0,
  faultyMax: 0,
  names: [],
  seed: undefined,
};

/** Turns a recording's bytes, as they come, into a table. */
export class RecordingIntake {
  readonly #reader = new JournalReader();
  readonly #eventCountMax: number;
  #table: EventTable | undefined;
  #leftOut = 0;

  readonly #distinct: boolean;

  /** `distinct`: events may come twice, and are taken once. */
  constructor(eventCountMax: number = EVENT_COUNT_MAX, { distinct = false } = {}) {
    this.#eventCountMax = eventCountMax;
    this.#distinct = distinct;
  }

  /** Undefined until the first event came. */
  get table(): EventTable | undefined {
    return this.#table;
  }

  get header(): RecordingHeader | undefined {
    return this.#reader.header;
  }

  /** Answers how many events these bytes brought. */
  push(chunk: Uint8Array): number {
    let count = 0;
    for (const block of this.#reader.push(chunk)) {
      this.#table ??= new EventTable(this.#reader.header ?? NO_HEADER);
      const table = this.#table;
      const room = Math.max(0, this.#eventCountMax - table.count);
      const taken = Math.min(room, block.eventCount);
      const before = table.count;
      let twice = 0;
      for (let index = 0; index < taken; index++) {
        const event = block.event(index);
        if (this.#distinct && table.rowOf(event.id) !== NONE) twice++;
        else table.append(event);
      }
      this.#leftOut += block.eventCount - twice - (table.count - before);
      count += table.count - before;
    }
    return count;
  }

  end(): EventTable {
    this.#reader.end();
    this.#table ??= new EventTable(this.#reader.header ?? NO_HEADER);
    return this.#table;
  }

  get report(): IntakeReport {
    const { gaps, gapCount } = this.#reader;
    const gapBytes = gaps.reduce((sum, { size }) => sum + size, 0);
    return { gapCount, gapBytes, leftOut: this.#leftOut };
  }
}
