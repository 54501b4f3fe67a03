import { kindName } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import { parentRows } from "./export-json.ts";

/** ShiViz reads a log by this expression; it stands in the file's first line, and an empty line follows. */
export const SHIVIZ_PARSER = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})";

/**
 * A log with a vector clock for each event, made from the parents. Clocks count the exported events
 * of a lane, so a part of a recording is a whole log.
 */
export function exportShiviz(recording: Recording, rows: readonly number[]): string {
  const { table } = recording;
  const clocks = new Map<number, Map<number, number>>();
  const last = new Map<number, Map<number, number>>();
  const lines = [SHIVIZ_PARSER, ""];
  for (const row of rows) {
    const lane = table.lane.at(row);
    const clock = new Map(last.get(lane) ?? []);
    for (const parent of parentRows(recording, row)) merge(clock, clocks.get(parent));
    clock.set(lane, (clock.get(lane) ?? 0) + 1);
    clocks.set(row, clock);
    last.set(lane, clock);
    const entries = [...clock].map(([of, count]) => [table.laneName(of), count]);
    lines.push(describe(recording, row));
    lines.push(`${table.laneName(lane)} ${JSON.stringify(Object.fromEntries(entries))}`);
  }
  return `${lines.join("\n")}\n`;
}

function merge(into: Map<number, number>, other: ReadonlyMap<number, number> | undefined): void {
  for (const [lane, count] of other ?? []) {
    into.set(lane, Math.max(count, into.get(lane) ?? 0));
  }
}

function describe({ table }: Recording, row: number): string {
  const detail = JSON.stringify(table.detailOf(row));
  // The dash keeps this line from looking like a host and its clock.
  return `${kindName(table.kind.at(row))} - ${detail}`;
}
