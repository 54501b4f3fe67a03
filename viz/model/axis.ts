import { NONE } from "./event-table.ts";
import type { Recording } from "./recording.ts";

/** What "left to right" means. */
export const AXES = ["time", "wall", "order", "depth", "sequence"] as const;
export type AxisName = (typeof AXES)[number];

export const AXIS_TITLES: Readonly<Record<AxisName, string>> = {
  time: "hybrid time",
  wall: "milliseconds",
  order: "order of events",
  depth: "causal depth",
  sequence: "consensus sequence",
};

/**
 * A place on the axis for each row. The window that is shown is always one of time; the other axes
 * spread what happened in it by something else.
 */
export interface Axis {
  readonly name: AxisName;
  /** Ends of what is shown, in the axis' own units. */
  readonly from: number;
  readonly to: number;
  at(row: number): number;
}

export function makeAxis(
  name: AxisName,
  recording: Recording,
  window: { readonly from: number; readonly to: number },
): Axis {
  const { table, index } = recording;
  switch (name) {
    case "time":
      return { name, from: window.from, to: window.to, at: (row) => table.time.at(row) };
    case "wall":
      return {
        name,
        from: Math.floor(window.from),
        to: Math.max(Math.floor(window.from) + 1, Math.floor(window.to)),
        at: (row) => Math.floor(table.time.at(row)),
      };
    case "order": {
      const from = index.placeAt(window.from);
      const to = Math.max(from + 1, index.placeAt(window.to));
      return { name, from, to, at: (row) => index.rank[row] as number };
    }
    case "depth":
      return spread(name, recording, window, (row) => index.depth[row] as number);
    default:
      return spread(name, recording, window, slotReader(recording));
  }
}

/** Rows without a sequence stand beside the author's last one that had one. */
function slotReader({ table }: Recording): (row: number) => number {
  return (row) => {
    let at = row;
    for (let step = 0; step < SLOT_STEPS_MAX && at !== NONE; step++) {
      const slot = table.slot.at(at);
      if (slot !== NONE) return slot;
      at = table.previous.at(at);
    }
    return 0;
  };
}

/** Between two votes a replica notes a handful of other things. */
const SLOT_STEPS_MAX = 64;
/** Ends of an axis are read off a sample: a mark beyond them is cut off, not misplaced. */
const SAMPLE_COUNT = 20_000;

function spread(
  name: AxisName,
  { index }: Recording,
  window: { readonly from: number; readonly to: number },
  at: (row: number) => number,
): Axis {
  const first = index.placeAt(window.from);
  const last = index.placeAt(window.to);
  const step = Math.max(1, Math.floor((last - first) / SAMPLE_COUNT));
  let from = Number.POSITIVE_INFINITY;
  let to = 0;
  for (let place = first; place < last; place += step) {
    const value = at(index.order[place] as number);
    if (value > 0) from = Math.min(from, value);
    to = Math.max(to, value);
  }
  if (from > to) from = to;
  return { name, from, to: Math.max(to, from + 1), at };
}
