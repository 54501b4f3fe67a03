import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Prng } from "../../base/prng.ts";
import { LinkShaper } from "./link-rule.ts";
import type { LinkRule } from "./link-rule.ts";

const FRAME_COUNT = 2_000;

function passed(rule: LinkRule | undefined, seed = 1): ReturnType<LinkShaper["pass"]>[] {
  const shaper = new LinkShaper(new Prng(seed));
  shaper.rule = rule;
  return Array.from({ length: FRAME_COUNT }, (_, at) => shaper.pass(100, at));
}

function shareOf(rule: LinkRule, is: (copies: number) => boolean): number {
  return passed(rule).filter((copies) => is(copies.length)).length / FRAME_COUNT;
}

describe("a link's rule", () => {
  it("absent: everything passes once and at once", () => {
    for (const copies of passed(undefined))
      expect(copies).toEqual([{ afterMs: 0, corrupt: false }]);
  });

  it("cut: nothing passes", () => {
    expect(passed({ cut: true }).flat()).toEqual([]);
  });

  it("loses, doubles and damages the share that it names", () => {
    expect(shareOf({ lossShare: 0.3 }, (copies) => copies === 0)).toBeCloseTo(0.3, 1);
    expect(shareOf({ duplicateShare: 0.3 }, (copies) => copies === 2)).toBeCloseTo(0.3, 1);
    const damaged = passed({ corruptShare: 0.3 }).flat();
    expect(damaged.filter(({ corrupt }) => corrupt).length / FRAME_COUNT).toBeCloseTo(0.3, 1);
  });

  it("carries so many bytes a second", () => {
    const shaper = new LinkShaper(new Prng(1));
    shaper.rule = { bytesPerSecond: 1_000 };
    for (let frame = 0; frame < 9; frame++) shaper.pass(100, 0);
    expect(shaper.pass(100, 0)).toEqual([{ afterMs: 1_000, corrupt: false }]);
  });

  it("keeps the order of what it delays, and breaks it only where it is told to", () => {
    const leaving = (rule: LinkRule): number[] =>
      passed(rule).map((copies, at) => at + copies[0]!.afterMs);
    const isSorted = (times: readonly number[]): boolean =>
      times.every((time, at) => at === 0 || time >= times[at - 1]!);
    expect(isSorted(leaving({ delayMs: 50, jitterMs: 50 }))).toBe(true);
    expect(isSorted(leaving({ reorderShare: 0.2 }))).toBe(false);
  });

  it("decides the same for the same seed, whatever happens elsewhere", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rule = { lossShare: 0.2, duplicateShare: 0.2, delayMs: 5, jitterMs: 5 };
        expect(passed(rule, seed)).toEqual(passed(rule, seed));
      }),
      { numRuns: 5 },
    );
  });
});
