import { describe, expect, it } from "vitest";
import { Prng } from "./prng.ts";

describe("the seeded generator", () => {
  it("repeats from its seed and differs between seeds", () => {
    const draw = (seed: number): number[] => {
      const prng = new Prng(seed);
      return Array.from({ length: 8 }, () => prng.uint32());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(new Set(draw(0)).size).toBe(8);
  });

  it("stays below its bound and reaches every value", () => {
    const prng = new Prng(7);
    const seen = new Set(Array.from({ length: 1000 }, () => prng.below(6)));
    expect([...seen].sort((left, right) => left - right)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it("meets a probability roughly", () => {
    const prng = new Prng(3);
    const hits = Array.from({ length: 10_000 }, () => prng.chance(0.25)).filter(Boolean).length;
    expect(hits).toBeGreaterThan(2300);
    expect(hits).toBeLessThan(2700);
  });

  it("gives bytes of the length asked for", () => {
    expect(new Prng(5).bytes(33)).toHaveLength(33);
  });
});
