import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HLC_MAX, hlcAddMs, hlcCounter, hlcFromMs, hlcMax, hlcMs, hlcNext } from "./hlc.ts";
import type { Hlc } from "./types.ts";

const ms = fc.integer({ min: 0, max: 2 ** 47 });

describe("a clock value", () => {
  it("holds milliseconds and a counter", () => {
    fc.assert(
      fc.property(ms, (value) => {
        expect(hlcMs(hlcFromMs(value))).toBe(value);
        expect(hlcCounter(hlcFromMs(value))).toBe(0);
      }),
    );
  });

  it("is ordered as a time is", () => {
    fc.assert(
      fc.property(ms, ms, (left, right) => {
        expect(hlcFromMs(left) < hlcFromMs(right)).toBe(left < right);
        expect(hlcMax(hlcFromMs(left), hlcFromMs(right))).toBe(hlcFromMs(Math.max(left, right)));
      }),
    );
  });

  it("steps by the counter, and a full counter carries into the milliseconds", () => {
    const full = (hlcFromMs(7) + 0xffffn) as Hlc;
    expect(hlcCounter(full)).toBe(0xffff);
    expect(hlcNext(full)).toBe(hlcFromMs(8));
    expect(hlcNext(hlcFromMs(7)) > hlcFromMs(7)).toBe(true);
  });

  it("adds whole milliseconds and keeps the counter", () => {
    expect(hlcAddMs(hlcNext(hlcFromMs(7)), 5)).toBe(hlcNext(hlcFromMs(12)));
    expect(hlcMs(HLC_MAX)).toBe(2 ** 48 - 1);
  });
});
