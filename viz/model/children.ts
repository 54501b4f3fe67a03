import { NONE } from "./event-table.ts";
import type { EventTable } from "./event-table.ts";

/** Effects of each row: `rows[start[r] .. start[r + 1])`. */
export interface Children {
  readonly start: Uint32Array;
  readonly rows: Uint32Array;
}

/** Turns the causes round, in two passes over all edges. */
export function childrenOf(table: EventTable): Children {
  const { count } = table;
  const start = new Uint32Array(count + 1);
  eachEdge(table, (cause) => {
    start[cause + 1] = (start[cause + 1] as number) + 1;
  });
  for (let row = 0; row < count; row++) {
    start[row + 1] = (start[row + 1] as number) + (start[row] as number);
  }
  const filled = start.slice(0, count);
  const rows = new Uint32Array(start[count] as number);
  eachEdge(table, (cause, effect) => {
    rows[filled[cause] as number] = effect;
    filled[cause] = (filled[cause] as number) + 1;
  });
  return { start, rows };
}

function eachEdge(table: EventTable, visit: (cause: number, effect: number) => void): void {
  for (let row = 0; row < table.count; row++) {
    eachCause(table, row, (cause) => visit(cause, row));
  }
}

/** The author's event before and the parents, as far as they are here. */
export function eachCause(table: EventTable, row: number, visit: (cause: number) => void): void {
  const previous = table.previous.at(row);
  if (previous !== NONE) visit(previous);
  const start = table.parentStart.at(row);
  for (let index = start; index < start + table.parentCount.at(row); index++) {
    const parent = table.parents.at(index);
    if (parent !== NONE) visit(parent);
  }
}
