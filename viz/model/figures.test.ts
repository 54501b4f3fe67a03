import { expect, it } from "vitest";
import { recordingOf } from "../testing/recording-of.ts";
import type { Figure } from "./figures.ts";
import { measure, quantile } from "./figures.ts";

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
  const views = [...figure("View").series[0]!.values];
  expect(views[0]).toBe(0);
  expect(views.at(-1)).toBe(1);
  expect(views).toEqual([...views].sort((a, b) => a - b));
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
