import { describe, expect, it } from "vitest";
import { EventTable } from "./event-table.ts";
import { Recording } from "./recording.ts";
import { recordingOf } from "../testing/recording-of.ts";
import { NOTABLE, SEVERITIES } from "./kinds.ts";
import { selectRows } from "./selection.ts";
import type { Selection } from "./selection.ts";

const recording = recordingOf({
  instanceCount: 300,
  troubles: [
    { at: 50, what: "kill-primary" },
    { at: 90, what: "violation" },
  ],
});
const { table, index } = recording;
const whole = { from: index.from, to: index.to };

function select(points: number, edges: number, window = whole): Selection {
  return selectRows(recording, { window, budget: { points, edges } });
}

describe("what is drawn", () => {
  it("is everything when there is room, and it says how much there is", () => {
    const { rows, rowsTotal, edgesTotal, matchesTotal } = select(1e6, 1e6);
    expect(rows.length).toBe(table.count);
    expect([rowsTotal, matchesTotal]).toEqual([table.count, table.count]);
    expect(edgesTotal).toBe(table.parents.length);
  });

  it("fits the budget, about", () => {
    for (const points of [4000, 1000, 250]) {
      const { rows, edges } = select(points, 300);
      expect(rows.length).toBeLessThan(points * 1.3);
      expect(edges.length / 2).toBeLessThanOrEqual(300);
    }
  });

  it("never leaves out trouble", () => {
    const drawn = new Set(select(100, 10).rows);
    for (let row = 0; row < table.count; row++) {
      if ((SEVERITIES[table.kind.at(row)] as number) >= NOTABLE) expect(drawn.has(row)).toBe(true);
    }
  });

  it("shows trouble on every lane when trouble alone is more than can be drawn", () => {
    const all = new EventTable(recording.table.header);
    for (let at = 0; at < 4000; at++) {
      all.append({
        id: {
          author: { name: `replica-${at % 4}`, incarnation: 1 },
          sequence: Math.floor(at / 4) + 1,
        },
        hlc: { milliseconds: 1_800_000_000_000 + at, counter: 0 },
        ...{ kind: "violation", parents: [], detail: {} },
      });
    }
    const { rows } = selectRows(new Recording(all), {
      window: { from: 0, to: Number.MAX_SAFE_INTEGER },
      budget: { points: 100, edges: 10 },
    });
    expect(rows.length).toBeLessThanOrEqual(200);
    const lanes = new Map<number, number>();
    for (const row of rows) {
      const lane = all.lane.at(row);
      lanes.set(lane, (lanes.get(lane) ?? 0) + 1);
    }
    expect(lanes.size).toBe(4);
    expect(Math.min(...lanes.values())).toBeGreaterThan(40);
  });

  it("at a coarse level is drawn at every finer one: nothing flickers", () => {
    const [coarse, middle, fine] = [500, 1500, 6000].map((points) => select(points, 1).rows);
    expect(subset(coarse!, middle!)).toBe(true);
    expect(subset(middle!, fine!)).toBe(true);
  });

  it("is inside the window", () => {
    const middle = (index.from + index.to) / 2;
    const { rows } = select(1e6, 1e6, { from: middle, to: middle + 100 });
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(table.time.at(row)).toBeGreaterThanOrEqual(middle);
      expect(table.time.at(row)).toBeLessThanOrEqual(middle + 100.001);
    }
  });

  it("leaves out what a filter leaves out, and counts the rest", () => {
    const filter = new Uint8Array(table.count);
    filter.fill(1, 10, 20);
    const { rows, matchesTotal, rowsTotal } = selectRows(recording, {
      window: whole,
      budget: { points: 100, edges: 100 },
      filter,
    });
    expect([...rows].sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect([matchesTotal, rowsTotal]).toEqual([10, table.count]);
  });

  it("has the edges between the rows that were asked about before all others", () => {
    const focus = new Set(index.order.slice(-200));
    const { edges } = selectRows(recording, {
      window: whole,
      budget: { points: 1000, edges: 50 },
      focus,
    });
    expect(focus.has(edges[0]!) && focus.has(edges[1]!)).toBe(true);
  });
});

function subset(small: Uint32Array, large: Uint32Array): boolean {
  const all = new Set(large);
  return small.every((row) => all.has(row));
}
