import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AXES } from "../model/axis.ts";
import { decodeLink, encodeLink } from "./deep-link.ts";
import { DETAILS, PANELS, VIEW_DEFAULT } from "./view-state.ts";
import type { ViewState } from "./view-state.ts";

const thousandths = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 1000, max: max * 1000 }).map((value) => value / 1000);

const states: fc.Arbitrary<ViewState> = fc.record({
  window: fc.option(
    thousandths(0, 1e6).map((from) => ({ from, to: from + 5 })),
    { nil: undefined },
  ),
  axis: fc.constantFrom(...AXES),
  mode: fc.constantFrom("space" as const, "flat" as const),
  pose: fc.record({
    azimuth: thousandths(-360, 360),
    elevation: thousandths(-85, 85),
    distance: thousandths(1, 4),
  }),
  playhead: fc.option(thousandths(0, 1e6), { nil: undefined }),
  playing: fc.constant(false),
  speed: fc.constantFrom(0.1, 1, 10, 1000),
  follow: fc.constant(false),
  selected: fc.option(fc.constantFrom("replica-0#1:17", "client-3#2:1"), { nil: undefined }),
  cone: fc.boolean(),
  query: fc.string(),
  onlyMatches: fc.boolean(),
  theme: fc.constantFrom("dark" as const, "light" as const),
  detail: fc.constantFrom(...DETAILS),
  panel: fc.constantFrom(...PANELS),
});

describe("a link", () => {
  it("is the whole view", () => {
    fc.assert(
      fc.property(states, (state) => {
        expect(decodeLink(`#${encodeLink(state)}`)).toEqual(state);
      }),
    );
  });

  it("of the default view is empty", () => {
    expect(encodeLink(VIEW_DEFAULT)).toBe("");
  });

  it("that was cut off or typed wrongly keeps defaults, whatever it says", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeLink(text)).not.toThrow();
      }),
    );
    expect(decodeLink("#t=9..3&cam=1,x&speed=1e9&axis=sideways")).toEqual({
      ...VIEW_DEFAULT,
      speed: 1000,
    });
  });
});
