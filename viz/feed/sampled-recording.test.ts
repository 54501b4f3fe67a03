import { expect, it } from "vitest";
import { generatedEvents, generatedRecording } from "../../base/journal/testing/generated-tape.ts";
import type { TapeOptions } from "../../base/journal/testing/generated-tape.ts";
import { NOTABLE, SEVERITIES } from "../model/kinds.ts";
import { byteSource } from "./byte-source.ts";
import { SampledRecording } from "./sampled-recording.ts";
import { Sample } from "./sample.ts";

const OPTIONS: TapeOptions = {
  ...{ memberCount: 4, clientCount: 2, instanceCount: 1000, seed: 5 },
  troubles: [{ at: 500, what: "kill-primary" }],
};
const bytes = Buffer.concat([...generatedRecording(OPTIONS)]);
const events = [...generatedEvents(OPTIONS)];
const EVENTS_MAX = events.length - 1;

const open = (eventsMax: number, of: Buffer = bytes): Promise<SampledRecording | undefined> =>
  SampledRecording.of(byteSource({ file: new Blob([new Uint8Array(of)]) }), eventsMax);

it("is none of what a page can hold, nor of what has gaps", async () => {
  expect(await open(events.length)).toBeUndefined();
  expect(await open(10, Buffer.concat([bytes, Buffer.alloc(99, 7)]))).toBeUndefined();
});

it("is a sample with everything that stands out, and says of how much", async () => {
  const sampled = (await open(EVENTS_MAX))!;
  const heard: number[] = [];
  const table = (await sampled.read((count) => heard.push(count))).end();
  const { level, eventCount, closerMax } = sampled.outline;
  expect(level).toBe(2);
  expect(eventCount).toBe(events.length);
  expect(table.count).toBeLessThan(closerMax);
  expect(table.count).toBeGreaterThan(closerMax / 4);
  expect(heard.at(-1)).toBe(table.count);
  const notable = [...Array(table.count).keys()].filter(
    (row) => SEVERITIES[table.kind.at(row)]! >= NOTABLE,
  );
  expect(notable.length).toBeGreaterThan(3);
});

it("has all events of a span for who looks closer, each once, and the sample elsewhere", async () => {
  const sampled = (await open(EVENTS_MAX))!;
  const whole = (await sampled.read(() => undefined)).end().count;
  const { blocks } = sampled.outline;
  // Well inside a block: its neighbours have nothing to do with it.
  const [, earliest = 0, latest = 0] = blocks.subarray(3, 6);
  const [fromMs, toMs] = [1, 2].map((third) =>
    Math.round(earliest + ((latest - earliest) * third) / 3),
  ) as [number, number];
  const sample = new Sample(sampled.outline, { from: fromMs, to: toMs });
  expect(sample.mayHave({ from: fromMs, to: toMs })).toBe(true);
  expect(sample.isWhole({ from: fromMs, to: toMs })).toBe(true);
  expect(sample.isWhole({ from: fromMs - 1, to: toMs })).toBe(false);
  const intake = await sampled.closer(fromMs, toMs);
  const table = intake.end();
  const inside = events.filter(({ hlc }) => hlc.milliseconds >= fromMs && hlc.milliseconds <= toMs);
  expect(inside.filter(({ id }) => table.rowOf(id) < 0)).toEqual([]);
  expect(table.count).toBeGreaterThan(whole);
  expect(
    new Set([...Array(table.count).keys()].map((row) => JSON.stringify(table.idOf(row)))).size,
  ).toBe(table.count);
  expect(intake.report).toEqual({ gapCount: 0, gapBytes: 0, leftOut: 0 });
});

it("gives no more at once than a page asked for", async () => {
  const sampled = (await open(EVENTS_MAX))!;
  await sampled.read(() => undefined);
  await expect(sampled.closer(0, Number.MAX_SAFE_INTEGER)).rejects.toThrow("too many at once");
  expect(new Sample(sampled.outline, undefined).mayHave({ from: 0, to: Infinity })).toBe(false);
});
