import type { EventTable } from "./event-table.ts";
import { NONE } from "./event-table.ts";
import { NOTABLE, SEVERITIES } from "./kinds.ts";
import type { Recording } from "./recording.ts";
import { lowerBound } from "./time-index.ts";

/** How much a picture may hold: points are cheap, lines are not. */
export interface Budget {
  readonly points: number;
  readonly edges: number;
}

export interface Window {
  readonly from: number;
  readonly to: number;
}

export interface Selection {
  /** Rows that are drawn, by lane and time. */
  readonly rows: Uint32Array;
  /** Pairs (cause, effect) that are drawn. */
  readonly edges: Uint32Array;
  /** What the window holds, drawn or not. */
  readonly rowsTotal: number;
  readonly edgesTotal: number;
  /** Of `rowsTotal`, those that match the filter. */
  readonly matchesTotal: number;
}

export interface SelectionRequest {
  readonly window: Window;
  readonly budget: Budget;
  /** One byte a row; rows with 0 are left out. */
  readonly filter?: Uint8Array | undefined;
  /** Edges between two of these come first. */
  readonly focus?: ReadonlySet<number> | undefined;
}

/**
 * The pyramid of detail: level k holds one of 2^k events of each lane, and everything notable. The
 * finest level that fits the budget is taken, so what is drawn at one level stays drawn at all finer
 * ones and nothing flickers while zooming.
 */
export function selectRows(recording: Recording, request: SelectionRequest): Selection {
  const { window, budget, filter } = request;
  const { index } = recording;
  const first = index.placeAt(window.from);
  const last = Math.max(first, index.placeAt(window.to + Number.EPSILON * window.to * 2));
  const lanes = candidates(recording, first, last, filter);
  const matchesTotal = lanes.reduce((sum, places) => sum + places.length, 0);
  const rows = thin(recording, lanes, budget.points, request.focus);
  const edgesTotal = (index.edgesBefore[last] as number) - (index.edgesBefore[first] as number);
  return {
    rows,
    edges: selectEdges(recording, rows, request),
    rowsTotal: last - first,
    edgesTotal,
    matchesTotal,
  };
}

function candidates(
  { index }: Recording,
  first: number,
  last: number,
  filter: Uint8Array | undefined,
): Uint32Array[] {
  return index.lanePlaces.map((places) => {
    const inside = places.subarray(lowerBound(places, first), lowerBound(places, last));
    if (filter === undefined) return inside;
    return inside.filter((place) => filter[index.order[place] as number] === 1);
  });
}

function thin(
  { table, index }: Recording,
  lanes: readonly Uint32Array[],
  pointsMax: number,
  focus: ReadonlySet<number> | undefined,
): Uint32Array {
  const total = lanes.reduce((sum, places) => sum + places.length, 0);
  let stride = 1;
  while (Math.ceil(total / stride) > pointsMax) stride *= 2;
  const rows: number[] = [];
  // What is asked about comes whole, as long as it leaves room for what is around it.
  const asked = focus !== undefined && focus.size <= pointsMax ? focus : undefined;
  for (const [lane, places] of lanes.entries()) {
    const all = index.lanePlaces[lane] as Uint32Array;
    const start = places.length > 0 ? lowerBound(all, places[0] as number) : 0;
    for (let at = 0; at < places.length; at++) {
      const row = index.order[places[at] as number] as number;
      const level = stride === 1 || mix(start + at) % stride === 0;
      if (level || isNotable(table, row) || asked?.has(row) === true) rows.push(row);
    }
  }
  // Trouble is never left out, unless trouble alone is more than can be drawn: then of every lane.
  const oneOf = Math.ceil(rows.length / (pointsMax * 2));
  return Uint32Array.from(oneOf > 1 ? rows.filter((_, at) => at % oneOf === 0) : rows);
}

function isNotable(table: EventTable, row: number): boolean {
  return (SEVERITIES[table.kind.at(row)] as number) >= NOTABLE;
}

function selectEdges(
  { table, index }: Recording,
  rows: Uint32Array,
  { budget, focus, window }: SelectionRequest,
): Uint32Array {
  let candidateCount = 0;
  for (const row of rows) candidateCount += table.parentCount.at(row);
  let stride = 1;
  while (Math.ceil(candidateCount / stride) > budget.edges) stride *= 2;
  const pairs: number[] = [];
  const preferred: number[] = [];
  for (const row of rows) {
    const start = table.parentStart.at(row);
    for (let at = start; at < start + table.parentCount.at(row); at++) {
      const cause = table.parents.at(at);
      if (cause === NONE || table.time.at(cause) < window.from) continue;
      if (focus !== undefined && focus.has(cause) && focus.has(row)) preferred.push(cause, row);
      else if (stride === 1 || mix((index.rank[row] as number) + at) % stride === 0) {
        pairs.push(cause, row);
      }
    }
  }
  const whole = preferred.concat(pairs);
  return Uint32Array.from(
    whole.length > budget.edges * 2 ? whole.slice(0, budget.edges * 2) : whole,
  );
}

/** Spreads neighbours: what repeats itself every 2^k events must not always be left out, or always kept. */
function mix(value: number): number {
  return Math.imul(value ^ (value >>> 7), 0x9e3779b1) >>> 8;
}
