import { NONE } from "./event-table.ts";
import type { EventTable } from "./event-table.ts";
import { NOTABLE, SEVERITIES } from "./kinds.ts";

/**
 * A table's rows in time order, whole and lane by lane, with what follows from the order. Made anew
 * after rows came or went: 100,000 rows take some 15 ms.
 */
export class TimeIndex {
  /** Rows by time; equal times by lane, then by the author's own order. */
  readonly order: Uint32Array;
  /** By place in `order`: the times, for binary search. */
  readonly times: Float64Array;
  /** By row: its place in `order`. */
  readonly rank: Uint32Array;
  /** By row: how many events stand on its longest chain of causes, itself included. */
  readonly depth: Uint32Array;
  readonly depthMax: number;
  /** By place: parents of other authors in all places before. One longer than `order`. */
  readonly edgesBefore: Float64Array;
  /** By lane: places in `order`, ascending. */
  readonly lanePlaces: readonly Uint32Array[];
  /** Places of what is never left out. */
  readonly notable: Uint32Array;

  constructor(table: EventTable) {
    const { count } = table;
    this.order = sortedRows(table);
    this.times = new Float64Array(count);
    this.rank = new Uint32Array(count);
    this.edgesBefore = new Float64Array(count + 1);
    const laneCounts = new Uint32Array(table.authors.lanes.length);
    let notableCount = 0;
    for (let place = 0; place < count; place++) {
      const row = this.order[place] as number;
      this.times[place] = table.time.at(row);
      this.rank[row] = place;
      this.edgesBefore[place + 1] = (this.edgesBefore[place] as number) + table.parentCount.at(row);
      laneCounts[table.lane.at(row)] = (laneCounts[table.lane.at(row)] as number) + 1;
      if ((SEVERITIES[table.kind.at(row)] as number) >= NOTABLE) notableCount++;
    }
    this.notable = new Uint32Array(notableCount);
    this.lanePlaces = this.#splitByLane(table, laneCounts);
    this.depth = new Uint32Array(count);
    this.depthMax = this.#measureDepth(table);
  }

  get count(): number {
    return this.order.length;
  }

  get from(): number {
    return this.times[0] ?? 0;
  }

  get to(): number {
    return this.times[this.times.length - 1] ?? 0;
  }

  /** First place whose time is at least `time`. */
  placeAt(time: number): number {
    return lowerBound(this.times, time);
  }

  #splitByLane(table: EventTable, laneCounts: Uint32Array): Uint32Array[] {
    const places = [...laneCounts].map((count) => new Uint32Array(count));
    const filled = new Uint32Array(laneCounts.length);
    let notableCount = 0;
    for (let place = 0; place < this.order.length; place++) {
      const row = this.order[place] as number;
      const lane = table.lane.at(row);
      (places[lane] as Uint32Array)[filled[lane] as number] = place;
      filled[lane] = (filled[lane] as number) + 1;
      if ((SEVERITIES[table.kind.at(row)] as number) >= NOTABLE) {
        this.notable[notableCount++] = place;
      }
    }
    return places;
  }

  #measureDepth(table: EventTable): number {
    let deepest = 0;
    for (const row of this.order) {
      const previous = table.previous.at(row);
      let depth = previous === NONE ? 0 : (this.depth[previous] as number);
      const start = table.parentStart.at(row);
      for (let index = start; index < start + table.parentCount.at(row); index++) {
        const parent = table.parents.at(index);
        if (parent !== NONE) depth = Math.max(depth, this.depth[parent] as number);
      }
      this.depth[row] = depth + 1;
      deepest = Math.max(deepest, depth + 1);
    }
    return deepest;
  }
}

export function lowerBound(
  values: Float64Array | Uint32Array,
  wanted: number,
  to: number = values.length,
): number {
  let low = 0;
  let high = to;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Journals are nearly sorted already, so a look comes before the sort. */
function sortedRows(table: EventTable): Uint32Array {
  const { count } = table;
  const rows = new Uint32Array(count);
  let sorted = true;
  for (let row = 0; row < count; row++) {
    rows[row] = row;
    if (sorted && row > 0 && compareRows(table, row - 1, row) > 0) sorted = false;
  }
  return sorted ? rows : rows.sort((left, right) => compareRows(table, left, right));
}

function compareRows(table: EventTable, left: number, right: number): number {
  return (
    table.time.at(left) - table.time.at(right) ||
    table.lane.at(left) - table.lane.at(right) ||
    table.author.at(left) - table.author.at(right) ||
    table.authorSequence.at(left) - table.authorSequence.at(right)
  );
}
