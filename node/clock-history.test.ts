import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HLC_ZERO, hlcMs } from "../base/hlc.ts";
import type { Hlc } from "../base/types.ts";
import { HybridClock } from "./clock.ts";

/** A machine with a clock that anything may happen to, and a disk that keeps one bound. */
class Machine {
  timeMs = 1_000_000_000;
  monotonicMs = 0;
  bound: Hlc = HLC_ZERO;
  waitedMs = 0;

  boot(): HybridClock {
    return new HybridClock({
      nowMs: () => this.timeMs,
      monotonicMs: () => this.monotonicMs,
      readBound: () => this.bound,
      keepBound: (bound) => (this.bound = bound),
      waitMs: (ms) => {
        this.waitedMs += ms;
        this.pass(ms);
      },
    });
  }

  pass(ms: number): void {
    this.timeMs += ms;
    this.monotonicMs += ms;
  }
}

const HOUR_MS = 3_600_000;

type Happening = readonly [what: string, (machine: Machine, clock: HybridClock) => HybridClock];

const same = (effect: (machine: Machine) => void) => (machine: Machine, clock: HybridClock) => {
  effect(machine);
  return clock;
};

const HAPPENINGS: readonly Happening[] = [
  ["a millisecond passes", same((machine) => machine.pass(1))],
  ["a minute passes", same((machine) => machine.pass(60_000))],
  ["a pause of an hour", same((machine) => machine.pass(HOUR_MS))],
  ["a machine asleep for an hour", same((machine) => (machine.timeMs += HOUR_MS))],
  ["a step of an hour back", same((machine) => (machine.timeMs -= HOUR_MS))],
  ["a step of a second back", same((machine) => (machine.timeMs -= 1000))],
  ["killed and started", (machine) => machine.boot()],
  [
    "stopped and started",
    (machine, clock) => {
      clock.close();
      return machine.boot();
    },
  ],
  [
    "rebooted",
    (machine) => {
      machine.monotonicMs = 0;
      return machine.boot();
    },
  ],
];

describe("a logical clock", () => {
  it("never repeats a value or goes back, whatever happens to machine and process", () => {
    const steps = fc.array(fc.tuple(fc.constantFrom(...HAPPENINGS), fc.nat(50)), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (happenings) => {
        const machine = new Machine();
        let clock = machine.boot();
        let last = clock.hlc();
        for (const [[, happen], count] of happenings) {
          clock = happen(machine, clock);
          for (let index = 0; index <= count; index++) {
            const value = clock.hlc();
            if (value <= last) throw new Error(`${value} after ${last}`);
            last = value;
            // Stopped cleanly the bound is the last value itself; running it is above.
            if (value >= machine.bound) throw new Error(`${value} is not below the kept bound`);
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it("stamps ahead of a time that was set back, and reads it as it is", () => {
    const machine = new Machine();
    const clock = machine.boot();
    clock.hlc();
    machine.timeMs -= HOUR_MS;
    clock.hlc();
    expect(Math.round(clock.leadMs)).toBe(HOUR_MS);
    expect(hlcMs(clock.reading())).toBe(Math.floor(machine.timeMs));
    machine.pass(HOUR_MS + 1);
    clock.hlc();
    expect(clock.leadMs).toBe(0);
  });

  it("stamps ahead after a kill and not after a stop, and reads the same time after both", () => {
    const machine = new Machine();
    const first = machine.boot();
    first.hlc();
    const killed = machine.boot();
    killed.hlc();
    expect(killed.leadMs).toBeGreaterThan(4000);
    expect(killed.leadMs).toBeLessThanOrEqual(10_001);
    expect(hlcMs(killed.reading())).toBe(Math.floor(machine.timeMs));
    machine.pass(11_000);
    killed.hlc();
    killed.close();
    const stopped = machine.boot();
    stopped.hlc();
    expect(stopped.leadMs).toBe(0);
  });

  it("gains nothing on the time in a storm: a full counter waits for its millisecond", () => {
    const machine = new Machine();
    const clock = machine.boot();
    let last = clock.hlc();
    for (let index = 0; index < 300_000; index++) {
      const value = clock.hlc();
      if (value <= last) throw new Error(`${value} after ${last}`);
      last = value;
    }
    expect(machine.waitedMs).toBe(4);
    expect(hlcMs(last)).toBeLessThanOrEqual(machine.timeMs);
  });
});
