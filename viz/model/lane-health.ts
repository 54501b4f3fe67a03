import type { EventTable } from "./event-table.ts";
import { kindName } from "./kinds.ts";
import type { TimeIndex } from "./time-index.ts";
import { lowerBound } from "./time-index.ts";

/** Worst last: of two that hold at once, the later in this list is shown. */
export const HEALTHS = [
  "unknown",
  "up",
  "recovering",
  "suspected",
  "down",
  "halted",
  "accused",
] as const;
export type Health = (typeof HEALTHS)[number];

interface Change {
  readonly time: number;
  readonly health: Health;
}

/** How each lane did, from its own events and from what others said of it. */
export class LaneHealth {
  readonly #changes: Change[][];
  readonly #times: Float64Array[];

  constructor(table: EventTable, index: TimeIndex) {
    const states = table.authors.lanes.map(() => new LaneState());
    for (const lane of table.authors.lanes.keys()) {
      const first = index.lanePlaces[lane]?.[0];
      if (first !== undefined) states[lane]?.enter(index.times[first] as number, "up");
    }
    for (const place of index.notable) noteEvent(table, index.order[place] as number, states);
    this.#changes = states.map(({ changes }) => changes.sort((a, b) => a.time - b.time));
    this.#times = this.#changes.map((changes) => Float64Array.from(changes, ({ time }) => time));
  }

  at(lane: number, time: number): Health {
    const times = this.#times[lane];
    if (times === undefined) return "unknown";
    let next = lowerBound(times, time);
    while (times[next] === time) next++;
    return this.#changes[lane]?.[next - 1]?.health ?? "unknown";
  }

  /** Spans in which the lane did not run: [from, to). */
  downSpans(lane: number): readonly (readonly [from: number, to: number])[] {
    const spans: [number, number][] = [];
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
      return (about("target") ?? states[own])?.enter(time, "recovering");
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

/** A process that is down is worse than suspected. */
function suspect(state: LaneState | undefined, time: number): void {
  if (state !== undefined && state.last !== "down") state.enter(time, "suspected");
}

function recover(state: LaneState | undefined, time: number): void {
  if (state !== undefined && ["recovering", "suspected"].includes(state.last)) {
    state.enter(time, "up");
  }
}
