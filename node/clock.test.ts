import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hlcFromMs, hlcMs } from "../base/hlc.ts";
import { HybridClock } from "./clock.ts";
import { SystemClock } from "./system-clock.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";

describe("the clock", () => {
  it("gives a later value each time, also while the system's stands still or goes back", () => {
    let nowMs = 1_000_000;
    const clock = new SystemClock(join(temporaryFolder(), "clock"), () => nowMs);
    let last = clock.hlc();
    for (const step of [0, 0, -500, 1, 20_000, -20_000, 3]) {
      nowMs += step;
      const value = clock.hlc();
      expect(value).toBeGreaterThan(last);
      last = value;
    }
  });

  it("does not go back over a restart, whatever became of the system's", () => {
    const file = join(temporaryFolder(), "clock");
    let nowMs = 1_000_000;
    const before = new SystemClock(file, () => nowMs);
    for (let step = 0; step < 30; step++) {
      nowMs += 1_000;
      before.hlc();
    }
    const last = before.hlc();
    const after = new SystemClock(file, () => 5);
    expect(after.hlc()).toBeGreaterThan(last);
  });

  it("reads the time of day as it is, after a restart too", () => {
    const file = join(temporaryFolder(), "clock");
    const nowMs = 1_000_000;
    new SystemClock(file, () => nowMs).hlc();
    const after = new SystemClock(file, () => nowMs + 1);
    expect(hlcMs(after.hlc())).toBeGreaterThan(nowMs + 1);
    expect(hlcMs(after.reading())).toBe(nowMs + 1);
  });

  it("is not carried further ahead by each of many restarts", () => {
    const file = join(temporaryFolder(), "clock");
    const nowMs = 1_000_000;
    let last = new SystemClock(file, () => nowMs).hlc();
    for (let restart = 0; restart < 50; restart++) {
      const value = new SystemClock(file, () => nowMs).hlc();
      expect(value).toBeGreaterThan(last);
      last = value;
    }
    expect(hlcMs(last) - nowMs).toBeLessThan(11_000);
  });

  it("keeps a bound above every value, ahead of the system's or not", () => {
    let nowMs = 1_000_000;
    let bound = hlcFromMs(nowMs + 4_000);
    const sources = {
      nowMs: () => nowMs,
      monotonicMs: () => 0,
      readBound: () => bound,
      keepBound: (kept: typeof bound) => (bound = kept),
    };
    const clock = new HybridClock(sources);
    for (let count = 0; count < 200_000; count++) {
      if (count % 20 === 0) nowMs += 1;
      if (clock.hlc() >= bound) throw new Error(`beyond the bound after ${count}`);
    }
  });

  it("follows the system's when that is ahead", () => {
    const clock = new SystemClock(join(temporaryFolder(), "clock"), () => 7_000_000);
    expect(hlcMs(clock.hlc())).toBe(7_000_000);
  });

  it("refuses a damaged bound rather than guess", () => {
    const file = join(temporaryFolder(), "clock");
    writeFileSync(file, "short");
    expect(() => new SystemClock(file)).toThrow(expect.objectContaining({ code: "CLOCK_FILE" }));
  });
});
