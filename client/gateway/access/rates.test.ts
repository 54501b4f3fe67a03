import { describe, expect, it } from "vitest";
import { Rates } from "./rates.ts";

function ratesAt(): { readonly rates: Rates; readonly clock: { ms: number } } {
  const clock = { ms: 0 };
  return { rates: new Rates(() => clock.ms), clock };
}

function taken(rates: Rates, caller: string, perSecond: number, count: number): number {
  return Array.from({ length: count }, () => rates.takes(caller, perSecond)).filter(Boolean).length;
}

describe("requests a second", () => {
  it("may come at once, a second's worth of them", () => {
    const { rates } = ratesAt();
    expect(taken(rates, "ann", 10, 25)).toBe(10);
  });

  it("come back with time, and never more than a second's worth", () => {
    const { rates, clock } = ratesAt();
    taken(rates, "ann", 10, 25);
    clock.ms += 300;
    expect(taken(rates, "ann", 10, 25)).toBe(3);
    clock.ms += 60_000;
    expect(taken(rates, "ann", 10, 25)).toBe(10);
  });

  it("may be less than one", () => {
    const { rates, clock } = ratesAt();
    expect(taken(rates, "ann", 0.5, 3)).toBe(1);
    clock.ms += 1_999;
    expect(taken(rates, "ann", 0.5, 3)).toBe(0);
    clock.ms += 1;
    expect(taken(rates, "ann", 0.5, 3)).toBe(1);
  });

  it("are each caller's own", () => {
    const { rates } = ratesAt();
    taken(rates, "ann", 10, 25);
    expect(taken(rates, "bob", 10, 25)).toBe(10);
  });

  it("of more callers than are remembered are forgotten, the longest silent first", () => {
    const { rates } = ratesAt();
    taken(rates, "ann", 1, 1);
    taken(rates, "bob", 1, 1);
    for (let number = 0; number < 4095; number++) {
      rates.takes(`caller ${number}`, 1);
      // He is refused, and yet not silent.
      expect(rates.takes("ann", 1)).toBe(false);
    }
    expect(rates.takes("bob", 1)).toBe(true);
  });
});
