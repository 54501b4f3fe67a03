import { expect, it } from "vitest";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { recordingOf } from "../testing/recording-of.ts";
import { EventTable } from "./event-table.ts";
import type { Figure } from "./figures.ts";
import { measure, quantile } from "./figures.ts";
import { Recording } from "./recording.ts";

const recording = recordingOf({
  instanceCount: 60,
  troubles: [{ at: 20, what: "kill-primary" }],
});
const window = { from: recording.index.from, to: recording.index.to + 1 };
const figures = measure(recording, window, 10);
const figure = (name: string): Figure => figures.find((one) => one.name === name)!;

it("counts each certified sequence once", () => {
  const perSecond = figure("Certified").series[0]!.values;
  const seconds = (window.to - window.from) / 1000 / 10;
  const total = perSecond.reduce((sum, value) => sum + value * seconds, 0);
  expect(Math.round(total)).toBe(60);
});

it("shows the view that was entered, and that it stays", () => {
  const views = [...figure("View and epoch").series[0]!.values];
  expect(views[0]).toBe(0);
  expect(views.at(-1)).toBe(1);
  expect(views).toEqual([...views].sort((a, b) => a - b));
});

it("shows the epoch, and begins its views again from 0", () => {
  const header = generatedHeader({ memberCount: 4, clientCount: 0, instanceCount: 0, seed: 1 });
  const table = new EventTable(header);
  const steps: readonly (readonly ["new-view" | "certified", number, number])[] = [
    ["new-view", 0, 2],
    ["certified", 0, 0],
    ["new-view", 0, 3],
    ["certified", 1, 0],
    ["new-view", 1, 1],
    // A replica that lags still enters an old view.
    ["new-view", 0, 4],
  ];
  for (const [at, [kind, epoch, view]] of steps.entries()) {
    table.append({
      id: { author: { name: "replica-0", incarnation: 1 }, sequence: at + 1 },
      hlc: { milliseconds: 1000 + at, counter: 0 },
      ...{ kind, parents: [], detail: { epoch, view, sequence: at } },
    });
  }
  const made = new Recording(table);
  const seriesFrom = (from: number): number[][] => {
    const found = measure(made, { from, to: 1006 }, 1006 - from);
    const { series } = found.find(({ name }) => name === "View and epoch")!;
    return series.map(({ values }) => [...values]);
  };
  expect(seriesFrom(1000)).toEqual([
    [2, 2, 3, 0, 1, 1],
    [0, 0, 0, 1, 1, 1],
  ]);
  // What came before the window is where its curves begin.
  expect(seriesFrom(1003)).toEqual([
    [0, 1, 1],
    [1, 1, 1],
  ]);
  expect(seriesFrom(1005)).toEqual([[1], [1]]);
});

it("shows who is behind, and nobody ahead of the furthest", () => {
  const { series } = figure("Behind the furthest");
  expect(series.map(({ name }) => name)).toEqual(recording.table.header.names);
  for (const { values } of series) expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
});

it.each([
  [[], 0.5, Number.NaN],
  [[3], 0.99, 3],
  [[1, 2, 3, 4], 0.5, 3],
  [[1, 2, 3, 4], 0.99, 4],
])("of %j the quantile %d is %d", (values, share, expected) => {
  expect(quantile(values, share)).toBe(expected);
});
