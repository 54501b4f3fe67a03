import { kindNumber } from "../model/kinds.ts";
import type { Recording } from "../model/recording.ts";
import type { EventKind } from "../../base/journal/journal-event.ts";
import type { Window } from "../model/selection.ts";

/** Keys jump to these. */
export const LANDMARKS: Readonly<Record<string, readonly EventKind[]>> = {
  violation: ["violation", "evidence", "quarantine", "dispute", "halt"],
  fault: ["fault", "crash", "suspicion", "heal", "restart"],
  "view change": ["view-change", "new-view", "epoch"],
};
export type LandmarkName = "violation" | "fault" | "view change";

/** The next such event after a time (or the last before it), or undefined. */
export function findLandmark(
  { table, index }: Recording,
  name: LandmarkName,
  from: { readonly time: number; readonly direction: 1 | -1; readonly row: number | undefined },
): number | undefined {
  const kinds = new Set((LANDMARKS[name] ?? []).map((kind) => kindNumber(kind)));
  // From a selected event on by its place, since many share a millisecond.
  const start = from.row === undefined ? index.placeAt(from.time) - 1 : index.rank[from.row]!;
  const places = from.direction > 0 ? index.notable : index.notable.toReversed();
  for (const place of places) {
    const row = index.order[place] as number;
    const beyond = from.direction > 0 ? place > start : place < start;
    if (beyond && kinds.has(table.kind.at(row))) return row;
  }
  return undefined;
}

/** The event one further on: of the same lane when `lane` is set. */
export function stepEvent(
  { table, index }: Recording,
  from: { readonly row: number | undefined; readonly time: number; readonly sameLane: boolean },
  direction: 1 | -1,
): number | undefined {
  const { row, sameLane } = from;
  if (row === undefined) {
    const place = index.placeAt(from.time) + (direction > 0 ? 0 : -1);
    return index.order[place];
  }
  const lane = table.lane.at(row);
  for (let place = index.rank[row]! + direction; ; place += direction) {
    const next = index.order[place];
    if (next === undefined || !sameLane || table.lane.at(next) === lane) return next;
  }
}

/** At least this many milliseconds are shown: an event is no shorter. */
const SPAN_MIN_MS = 0.05;

/** `factor` below 1 looks closer; `anchor` stays where it is on the screen. */
export function zoomWindow(window: Window, factor: number, anchor: number, bounds: Window): Window {
  const span = Math.max(SPAN_MIN_MS, (window.to - window.from) * factor);
  const share = (anchor - window.from) / (window.to - window.from);
  return clampWindow({ from: anchor - span * share, to: anchor + span * (1 - share) }, bounds);
}

export function panWindow(window: Window, byShare: number, bounds: Window): Window {
  const by = (window.to - window.from) * byShare;
  return clampWindow({ from: window.from + by, to: window.to + by }, bounds);
}

/** So that `time` stands in the middle, unless it is well inside already. */
export function revealTime(window: Window, time: number, bounds: Window): Window {
  const span = window.to - window.from;
  if (time >= window.from + span * 0.1 && time <= window.to - span * 0.1) return window;
  return clampWindow({ from: time - span / 2, to: time + span / 2 }, bounds);
}

/** Never wider than the recording, never outside it. */
export function clampWindow(window: Window, bounds: Window): Window {
  const span = Math.min(window.to - window.from, bounds.to - bounds.from);
  const from = Math.min(Math.max(window.from, bounds.from), bounds.to - span);
  return { from, to: from + span };
}

/** All of it, with a little air so that the first and the last event are not cut. */
export function boundsOf({ index }: Recording): Window {
  const span = Math.max(1, index.to - index.from);
  return { from: index.from - span * 0.01, to: index.to + span * 0.01 };
}
