import type { Configurations } from "./configurations.ts";
import type { EventTable } from "./event-table.ts";
import type { Lane } from "./lanes.ts";
import { kindName, kindNumber } from "./kinds.ts";
import type { TimeIndex } from "./time-index.ts";
import { lowerBound } from "./time-index.ts";

/** Worst last: of two that hold at once, the later in this list is shown. Outside: no member. */
export const HEALTHS = [
  "unknown",
  "outside",
  "up",
  "recovering",
  "suspected",
  "down",
  "halted",
  "accused",
] as const;
export type Health = (typeof HEALTHS)[number];

/** [from, to) */
type Span = readonly [from: number, to: number];

interface Change {
  readonly time: number;
  readonly health: Health;
}

/** How each lane did, from its own events and from what others said of it. */
export class LaneHealth {
  readonly #changes: Change[][];
  readonly #times: Float64Array[];
  readonly #outside: readonly (readonly Span[])[];

  constructor(table: EventTable, index: TimeIndex, configurations: Configurations) {
    const states = table.authors.lanes.map(() => new LaneState());
    for (const lane of table.authors.lanes.keys()) {
      const first = index.lanePlaces[lane]?.[0];
      if (first !== undefined) states[lane]?.enter(index.times[first] as number, "up");
    }
    for (const place of index.notable) noteEvent(table, index.order[place] as number, states);
    for (const [lane, state] of states.entries()) {
      noteWork(table, { index, lane }, state);
    }
    this.#changes = states.map(({ changes }) => changes.sort((a, b) => a.time - b.time));
    this.#times = this.#changes.map((changes) => Float64Array.from(changes, ({ time }) => time));
    this.#outside = table.authors.lanes.map((lane) => outsideSpans(lane, configurations));
  }

  at(lane: number, time: number): Health {
    const times = this.#times[lane];
    if (times === undefined) return "unknown";
    if (this.#outside[lane]?.some(([from, to]) => from <= time && time < to)) return "outside";
    let next = lowerBound(times, time);
    while (times[next] === time) next++;
    return this.#changes[lane]?.[next - 1]?.health ?? "unknown";
  }

  /** Spans in which the lane did not run, or was no member, in their order. */
  downSpans(lane: number): readonly Span[] {
    const outside = this.#outside[lane] ?? [];
    const spans = this.#notRunning(lane);
    return outside.length === 0 ? spans : [...spans, ...outside].sort(([a], [b]) => a - b);
  }

  #notRunning(lane: number): Span[] {
    const spans: Span[] = [];
    let since: number | undefined;
    for (const { time, health } of this.#changes[lane] ?? []) {
      if (health === "down") since ??= time;
      else if (since !== undefined) {
        spans.push([since, time]);
        since = undefined;
      }
    }
    if (since !== undefined) spans.push([since, Number.POSITIVE_INFINITY]);
    return spans;
  }
}

/** When it had no vote. */
function outsideSpans({ member }: Lane, { all }: Configurations): Span[] {
  // Of whom no configuration tells, nothing is known.
  if (!all.some(({ members }) => members.includes(member ?? NaN))) return [];
  const spans: Span[] = [];
  let since: number | undefined;
  let time = -Infinity;
  for (const { members, beganAt } of all) {
    time = Math.max(time, beganAt ?? -Infinity);
    if (!members.includes(member ?? NaN)) since ??= time;
    else if (since !== undefined) {
      spans.push([since, time]);
      since = undefined;
    }
  }
  if (since !== undefined) spans.push([since, Infinity]);
  return spans;
}

class LaneState {
  readonly changes: Change[] = [];
  #accused = false;

  enter(time: number, health: Health): void {
    const shown = this.#accused && health !== "down" ? "accused" : health;
    if (health === "accused") this.#accused = true;
    this.changes.push({ time, health: shown });
  }

  get last(): Health {
    return this.changes[this.changes.length - 1]?.health ?? "unknown";
  }
}

function noteEvent(table: EventTable, row: number, states: LaneState[]): void {
  const time = table.time.at(row);
  const own = table.lane.at(row);
  const about = (name: string): LaneState | undefined => {
    const value = table.detailValueOf(row, name);
    const lane = typeof value === "string" ? table.authors.laneNamed(value) : undefined;
    return lane === undefined ? undefined : states[lane];
  };
  switch (kindName(table.kind.at(row))) {
    case "crash":
      return (about("target") ?? states[own])?.enter(time, "down");
    case "restart":
      return (about("target") ?? states[own])?.enter(time, restartedAs(table, row));
    case "epoch":
      // In another epoch its process goes on without a restart.
      if (table.detailValueOf(row, "what") === "begins" && states[own]?.last === "down") {
        states[own].enter(time, "up");
      }
      return undefined;
    case "halt":
      return states[own]?.enter(time, "halted");
    case "suspicion":
      return suspect(about("peer"), time);
    case "evidence":
      return about("peer")?.enter(time, "accused");
    case "new-view":
    case "checkpoint":
      return recover(states[own], time);
    case "transfer":
      if (table.detailValueOf(row, "phase") === "ended") recover(states[own], time);
      return undefined;
    default:
      return undefined;
  }
}

/** The first start of all is no recovery. */
function restartedAs(table: EventTable, row: number): Health {
  return table.detailValueOf(row, "what") === "begins" ? "up" : "recovering";
}

/** Whoever executes again has recovered, and is suspected wrongly. */
function noteWork(
  table: EventTable,
  { index, lane }: { readonly index: TimeIndex; readonly lane: number },
  state: LaneState,
): void {
  const places = index.lanePlaces[lane] ?? new Uint32Array();
  const executed = kindNumber("executed");
  for (const [at, change] of [...state.changes].entries()) {
    if (change.health !== "recovering" && change.health !== "suspected") continue;
    const until = state.changes[at + 1]?.time ?? Number.POSITIVE_INFINITY;
    for (let next = lowerBound(places, index.placeAt(change.time)); next < places.length; next++) {
      const row = index.order[places[next] as number] as number;
      if (table.time.at(row) >= until) break;
      if (table.kind.at(row) !== executed || table.time.at(row) <= change.time) continue;
      state.changes.push({ time: table.time.at(row), health: "up" });
      break;
    }
  }
}

/** A process that is down is worse than suspected. */
function suspect(state: LaneState | undefined, time: number): void {
  if (state !== undefined && state.last !== "down") state.enter(time, "suspected");
}

function recover(state: LaneState | undefined, time: number): void {
  if (state !== undefined && ["recovering", "suspected"].includes(state.last)) {
    state.enter(time, "up");
  }
}
