import { expect, it } from "vitest";
import type { Told } from "../traffic.ts";
import { RequestSample } from "./request-sample.ts";

const told = (ms: number, outcome = "hit"): Told => ({
  ...{ atMs: ms, door: "plain", method: "GET", namespace: "team-a", key: `k${ms}` },
  ...{ outcome, bytes: 1, ms: 1 },
});

it("keeps all of a window that has room, in order", () => {
  const sample = new RequestSample(3, () => 0);
  for (const ms of [1, 2, 3]) sample.add(told(ms));
  const { chosen, leftOut } = sample.take();
  expect(chosen.map(({ atMs }) => atMs)).toEqual([1, 2, 3]);
  expect(leftOut).toEqual({ count: 0, hits: 0, misses: 0 });
});

it("counts what it leaves out by how it ended, and begins each window anew", () => {
  const sample = new RequestSample(2, () => 0.999_999);
  for (const [ms, outcome] of ["hit", "stored", "hit", "miss", "miss", "stored"].entries()) {
    sample.add(told(ms, outcome));
  }
  // The largest number that is below 1 chooses none of those that came later.
  expect(sample.take()).toMatchObject({
    chosen: [{ atMs: 0 }, { atMs: 1 }],
    leftOut: { count: 4, hits: 1, misses: 2 },
  });
  sample.add(told(9));
  expect(sample.take()).toMatchObject({ chosen: [{ atMs: 9 }], leftOut: { count: 0 } });
});

it("loses nothing between what it tells and what it counts, and is fair to the last", () => {
  let state = 1;
  const random = (): number => (state = (state * 48_271) % 0x7fff_ffff) / 0x7fff_ffff;
  const sample = new RequestSample(10, random);
  let lateCount = 0;
  for (let round = 0; round < 400; round++) {
    for (let ms = 0; ms < 100; ms++) sample.add(told(ms));
    const { chosen, leftOut } = sample.take();
    expect(chosen.length + leftOut.count).toBe(100);
    lateCount += chosen.filter(({ atMs }) => atMs >= 50).length;
  }
  // 2,000 are expected of the later half, with a deviation of some 30.
  expect(lateCount).toBeGreaterThan(1800);
  expect(lateCount).toBeLessThan(2200);
});
