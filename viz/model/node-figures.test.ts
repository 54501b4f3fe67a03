import { expect, it } from "vitest";
import { NodeFigures } from "./node-figures.ts";
import type { NodeSample } from "./node-figures.ts";

const WINDOW = { from: 0, to: 10_000 };

function sample(name: string, atMs: number, values: Record<string, number>): NodeSample {
  return { name, atMs, values };
}

function curve(figures: NodeFigures, name: string, series: string): (number | undefined)[] {
  const figure = figures.measure(WINDOW, 10).find((each) => each.name === name);
  const values = figure?.series.find((each) => each.name === series)?.values ?? [];
  return [...values].map((value) => (Number.isNaN(value) ? undefined : value));
}

it("makes rates of counters and takes levels as they are", () => {
  const figures = new NodeFigures();
  for (let second = 0; second < 4; second++) {
    const values = { cpuSeconds: second * 0.25, memoryBytes: 5e6, frames: second * 40 };
    figures.take([sample("replica-0", second * 1000 + 500, values)]);
  }
  const [none, more] = [undefined, Array.from({ length: 6 }, () => undefined)];
  expect(curve(figures, "Processor", "replica-0")).toEqual([none, 25, 25, 25, ...more]);
  expect(curve(figures, "Memory", "replica-0")).toEqual([5, 5, 5, 5, ...more]);
  expect(curve(figures, "Network", "replica-0")).toEqual([none, 40, 40, 40, ...more]);
});

it("draws no line where nobody knows, and none below zero after a restart", () => {
  const figures = new NodeFigures();
  const frames = [100, 200, undefined, undefined, undefined, undefined, undefined, 10, 30];
  for (const [second, count] of frames.entries()) {
    if (count === undefined) continue;
    figures.take([sample("replica-1", second * 1000 + 500, { frames: count })]);
  }
  const [none] = [undefined];
  expect(curve(figures, "Network", "replica-1")).toEqual([
    ...[none, 100, none, none, none, none, none, none, 20, none],
  ]);
});

it("tells a gateway's hits and misses apart by where, why and door", () => {
  const figures = new NodeFigures();
  const before = { "hits:l1": 0, "misses:absent": 2, "misses:busy": 1, "door hits:nix": 0 };
  const after = { "hits:l1": 6, "misses:absent": 3, "misses:busy": 1, "door hits:nix": 4 };
  figures.take([sample("gateway-0", 500, before)]);
  figures.take([sample("gateway-0", 1500, after)]);
  const names = (chart: string): string[] =>
    figures
      .measure(WINDOW, 10)
      .flatMap(({ name, series }) => (name === chart ? series.map((each) => each.name) : []));
  expect(names("Cache")).toEqual(["gateway-0 hits l1", "gateway-0 misses absent"]);
  expect(names("Cache by door")).toEqual(["gateway-0 hits nix"]);
  expect(curve(figures, "Cache", "gateway-0 hits l1")[1]).toBe(6);
});

it("takes a sample once, and forgets what is long past", () => {
  const figures = new NodeFigures();
  for (let round = 0; round < 2; round++) {
    for (let second = 0; second < 3000; second++) {
      figures.take([sample("replica-0", second * 1000, { memoryBytes: 1e6 })]);
    }
  }
  expect(curve(figures, "Memory", "replica-0")).toEqual([]);
  const late = figures.measure({ from: 2_100_000, to: 2_110_000 }, 10);
  expect(late[0]?.series[0]?.values).toContain(1);
});

it("has nothing to show before anybody said anything", () => {
  expect(new NodeFigures().measure(WINDOW, 10)).toEqual([]);
});
