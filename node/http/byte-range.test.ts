import { describe, expect, it } from "vitest";
import { parseRange } from "./byte-range.ts";

describe("a range of 100 bytes", () => {
  it.each([
    [undefined, undefined],
    ["bytes=0-9", { start: 0, end: 9 }],
    ["bytes=90-", { start: 90, end: 99 }],
    ["bytes=90-1000", { start: 90, end: 99 }],
    ["bytes=-10", { start: 90, end: 99 }],
    ["bytes=-1000", { start: 0, end: 99 }],
    ["bytes=100-", "unsatisfiable"],
    ["bytes=-0", "unsatisfiable"],
    ["bytes=9-0", undefined],
    ["bytes=0-1,5-6", undefined],
    ["bytes=-", undefined],
    ["items=0-9", undefined],
    ["bytes=0x1-5", undefined],
  ])("%s → %j", (header, range) => {
    expect(parseRange(header, 100)).toEqual(range);
  });
});
