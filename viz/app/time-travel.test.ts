import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kindName } from "../model/kinds.ts";
import { recordingOf } from "../testing/recording-of.ts";
import {
  boundsOf,
  findLandmark,
  panWindow,
  revealTime,
  stepEvent,
  zoomWindow,
} from "./time-travel.ts";

const recording = recordingOf({
  troubles: [
    { at: 5, what: "kill-primary" },
    { at: 9, what: "violation" },
    { at: 12, what: "equivocate" },
  ],
});
const { table, index } = recording;
const bounds = boundsOf(recording);

describe("jumping", () => {
  it("goes to each violation in turn, and back", () => {
    const seen: string[] = [];
    let row: number | undefined;
    for (;;) {
      row = findLandmark(recording, "violation", { time: index.from, direction: 1, row });
      if (row === undefined) break;
      seen.push(kindName(table.kind.at(row)));
    }
    expect(seen).toEqual(["violation", "evidence"]);
    const last = findLandmark(recording, "violation", {
      ...{ time: index.to + 1, direction: -1, row: undefined },
    });
    expect(kindName(table.kind.at(last!))).toBe("evidence");
  });

  it("finds nothing where there is nothing", () => {
    const end = { time: index.to + 1, direction: 1 as const, row: undefined };
    expect(findLandmark(recording, "fault", end)).toBeUndefined();
  });
});

describe("stepping", () => {
  it("goes through every event once", () => {
    let row = stepEvent(recording, { row: undefined, time: index.from, sameLane: false }, 1);
    const seen: number[] = [];
    while (row !== undefined) {
      seen.push(row);
      row = stepEvent(recording, { row, time: 0, sameLane: false }, 1);
    }
    expect(seen).toEqual([...index.order]);
  });

  it("on a lane stays on it", () => {
    const first = index.order[10] as number;
    const next = stepEvent(recording, { row: first, time: 0, sameLane: true }, 1) as number;
    expect(table.lane.at(next)).toBe(table.lane.at(first));
  });
});

describe("a window", () => {
  const moves = fc.array(
    fc.oneof(
      fc.record({ zoom: fc.double({ min: 0.01, max: 50, noNaN: true }) }),
      fc.record({ pan: fc.double({ min: -3, max: 3, noNaN: true }) }),
      fc.record({ reveal: fc.double({ min: 0, max: 1, noNaN: true }) }),
    ),
  );

  it("stays inside the recording and never turns round, whatever is done to it", () => {
    fc.assert(
      fc.property(moves, (steps) => {
        let window = bounds;
        for (const step of steps) {
          if ("zoom" in step) {
            window = zoomWindow(window, step.zoom, (window.from + window.to) / 2, bounds);
          } else if ("pan" in step) window = panWindow(window, step.pan, bounds);
          else {
            const time = bounds.from + step.reveal * (bounds.to - bounds.from);
            window = revealTime(window, time, bounds);
            expect(window.from).toBeLessThanOrEqual(time);
            expect(window.to).toBeGreaterThanOrEqual(time);
          }
          expect(window.to).toBeGreaterThan(window.from);
          expect(window.from).toBeGreaterThanOrEqual(bounds.from - 1e-3);
          expect(window.to).toBeLessThanOrEqual(bounds.to + 1e-3);
        }
      }),
    );
  });
});
