import { describe, expect, it } from "vitest";
import { RestartDelay } from "./restart-delay.ts";

describe("RestartDelay", () => {
  it("doubles up to its bound while the child keeps dying", () => {
    const delay = new RestartDelay();
    expect(Array.from({ length: 8 }, () => delay.afterRunOf(0))).toEqual([
      250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000,
    ]);
  });

  it("begins anew after a steady run", () => {
    const delay = new RestartDelay();
    for (let index = 0; index < 5; index++) delay.afterRunOf(100);
    expect(delay.afterRunOf(30_000)).toBe(250);
  });
});
