import { expect, it } from "vitest";
import { recordingOf } from "../testing/recording-of.ts";
import { eachCause } from "./children.ts";

const recording = recordingOf({ troubles: [{ at: 5, what: "kill-primary" }] });
const { table, index } = recording;

it("orders by time, and every cause before its effects", () => {
  for (let place = 1; place < index.count; place++) {
    expect(index.times[place]).toBeGreaterThanOrEqual(index.times[place - 1] as number);
  }
  for (let row = 0; row < table.count; row++) {
    eachCause(table, row, (cause) => expect(index.rank[cause]).toBeLessThan(index.rank[row]!));
  }
});

it("measures depth as the longest chain of causes", () => {
  for (let row = 0; row < table.count; row++) {
    let deepest = 0;
    eachCause(table, row, (cause) => {
      deepest = Math.max(deepest, index.depth[cause] as number);
    });
    expect(index.depth[row]).toBe(deepest + 1);
  }
});

it("splits places by lane, all of them and each once", () => {
  const places = index.lanePlaces.flatMap((lane) => [...lane]);
  expect(places.sort((a, b) => a - b)).toEqual([...index.order.keys()]);
});

it("counts the edges before each place", () => {
  expect(index.edgesBefore.at(-1)).toBe(table.parents.length);
});
