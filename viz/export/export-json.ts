import type { JournalEvent, RecordingHeader } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import { NONE } from "../model/event-table.ts";
import { kindName } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";

/** The schema is in viz/README.md; a new field raises nothing, a changed one raises `format`. */
export interface ExportedEvents {
  readonly format: 1;
  readonly type: "quorate-events";
  readonly recording: RecordingHeader;
  /** False: of what was recorded in this time some is not here, left out or never loaded. */
  readonly isWhole: boolean;
  readonly events: readonly ExportedEvent[];
}

export interface ExportedEvent extends Pick<JournalEvent, "kind" | "detail"> {
  /** "replica-0#1:17" */
  readonly id: string;
  /** Milliseconds since 1970, counter. */
  readonly time: readonly [milliseconds: number, counter: number];
  readonly parents: readonly string[];
}

export function exportJson(recording: Recording, rows: Iterable<number>, isWhole: boolean): string {
  const { table } = recording;
  const events: ExportedEvent[] = [];
  for (const row of rows) {
    events.push({
      id: eventName(table.idOf(row)),
      time: timeOf(table.time.at(row)),
      kind: kindName(table.kind.at(row)),
      parents: parentNames(recording, row),
      detail: table.detailOf(row),
    });
  }
  const whole: ExportedEvents = {
    format: 1,
    type: "quorate-events",
    recording: table.header,
    isWhole,
    events,
  };
  return JSON.stringify(whole, undefined, 1);
}

export function parentRows({ table }: Recording, row: number): number[] {
  const start = table.parentStart.at(row);
  const rows: number[] = [];
  for (let at = start; at < start + table.parentCount.at(row); at++) {
    if (table.parents.at(at) !== NONE) rows.push(table.parents.at(at));
  }
  return rows;
}

function parentNames(recording: Recording, row: number): string[] {
  return parentRows(recording, row).map((parent) => eventName(recording.table.idOf(parent)));
}

/** The counter is the column's fraction (see EventTable). */
function timeOf(time: number): readonly [number, number] {
  const milliseconds = Math.floor(time);
  return [milliseconds, Math.round((time - milliseconds) * 2048)];
}
