import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agreedInterval } from "./agreed-interval.ts";
import type { TimeInterval } from "./time-interval.ts";

const at = (lowMs: number, highMs: number): TimeInterval => ({ lowMs, highMs });

describe("what a majority agrees upon", () => {
  it.each([
    ["nothing, of nobody", [], 1, undefined],
    ["the one interval", [at(1, 5)], 1, at(1, 5)],
    ["nothing, of one of two", [at(1, 5)], 2, undefined],
    ["what both have", [at(1, 5), at(3, 9)], 2, at(3, 5)],
    ["one point, where they touch", [at(1, 3), at(3, 9)], 2, at(3, 3)],
    ["nothing, of strangers", [at(1, 2), at(3, 9)], 2, undefined],
    ["not the liar", [at(0, 2), at(1, 3), at(900, 901)], 3, at(1, 2)],
    ["all that may be true beside a liar", [at(0, 10), at(4, 6), at(8, 12)], 3, at(4, 10)],
    ["all of three who agree while two are silent", [at(0, 4), at(3, 5), at(2, 9)], 5, at(0, 9)],
  ] as const)("is %s", (_name, intervals, asked, expected) => {
    expect(agreedInterval(intervals, asked)).toEqual(expected);
  });

  it("holds the truth whenever the correct ones are a majority", () => {
    const correct = fc.tuple(fc.nat(100), fc.nat(100)).map(([below, above]) => at(-below, above));
    const liar = fc
      .tuple(fc.integer({ min: -200, max: 200 }), fc.nat(100))
      .map(([low, size]) => at(low, low + size));
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.infiniteStream(correct),
        fc.infiniteStream(liar),
        (liars, good, bad) => {
          const intervals = [...take(good, liars + 1), ...take(bad, liars)];
          const agreed = agreedInterval(intervals, intervals.length);
          expect(agreed?.lowMs).toBeLessThanOrEqual(0);
          expect(agreed?.highMs).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

function take<T>(stream: Iterable<T>, count: number): T[] {
  const taken: T[] = [];
  if (count === 0) return taken;
  for (const item of stream) if (taken.push(item) === count) break;
  return taken;
}
