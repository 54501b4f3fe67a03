import { describe, expect, it } from "vitest";
import { Prng } from "../prng.ts";
import { drawSubset, khronosHolds, middleThird } from "./khronos.ts";
import { MachineTime } from "./machine-time.ts";
import { around } from "./time-interval.ts";
import type { TimeSample } from "./time-sample.ts";
import { Timekeeping } from "./timekeeping.ts";

const HOUR_MS = 3_600_000;

function sample(offsetMs: number, errorMs: number, atMs: number, leap = 0): TimeSample {
  return { offset: around(offsetMs, errorMs), delayMs: 2 * errorMs, atMs, leap };
}

function agreeing(count: number, offsetMs: number, atMs: number, leap = 0): TimeSample[] {
  return Array.from({ length: count }, () => sample(offsetMs, 2, atMs, leap));
}

describe("a clock", () => {
  it("runs free until a majority has agreed, and is set by a step then", () => {
    const clock = new Timekeeping();
    expect([clock.state, clock.certain, clock.offsetMs(0)]).toEqual([
      "FREE-RUNNING",
      false,
      undefined,
    ]);
    clock.round(0, { asked: 5, samples: agreeing(2, 100, 0) });
    expect(clock.state).toBe("FREE-RUNNING");
    clock.round(10, { asked: 5, samples: agreeing(3, 100, 10) });
    expect([clock.state, clock.certain, clock.offsetMs(10)]).toEqual(["SYNCHRONISED", true, 100]);
    expect(clock.errorMs(10)).toBe(2);
  });

  it("needs a majority of all that were asked, the silent among them", () => {
    const clock = new Timekeeping();
    const samples = [...agreeing(2, 0, 0), sample(60_000, 1, 0)];
    clock.round(0, { asked: 5, samples });
    expect(clock.state).toBe("FREE-RUNNING");
    clock.round(0, { asked: 3, samples });
    expect(clock.offsetMs(0)).toBe(0);
  });

  it("holds over with a bound that grows by the drift, and comes back", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 0, 0) });
    clock.round(HOUR_MS, { asked: 3, samples: [] });
    expect([clock.state, clock.certain]).toEqual(["HOLDOVER", true]);
    expect(clock.errorMs(HOUR_MS)).toBeCloseTo(2 + 54, 5);
    clock.round(2 * HOUR_MS, { asked: 3, samples: agreeing(3, 3, 2 * HOUR_MS) });
    expect(clock.state).toBe("SYNCHRONISED");
  });

  it("is no judge once the bound has been beyond 80 % of ε at three looks, and is again below", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 0, 0) });
    const later = 8 * HOUR_MS;
    for (const expected of [true, true, false]) {
      clock.look(later);
      expect(clock.certain).toBe(expected);
    }
    expect([clock.state, clock.degraded]).toEqual(["SYNCHRONISED", true]);
    clock.round(later, { asked: 3, samples: agreeing(3, 1, later) });
    expect(clock.certain).toBe(true);
  });

  it("slews after its first use: 500 in a million, forwards and back", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 1, samples: [sample(0, 300, 0)] });
    clock.round(1000, { asked: 1, samples: [sample(200, 2, 1000)] });
    expect(clock.offsetMs(1000)).toBe(0);
    expect(clock.offsetMs(101_000)).toBeCloseTo(50, 6);
    expect(clock.errorMs(1000)).toBeCloseTo(202, 0);
    expect(clock.offsetMs(500_000)).toBe(200);
  });

  it("takes a worse crystal for what it is, and claims no more than that", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 0, 0) });
    clock.round(100_000, { asked: 3, samples: agreeing(3, 14, 100_000) });
    expect(clock.state).toBe("SYNCHRONISED");
    expect(clock.driftPpm).toBeGreaterThan(150);
    expect(clock.driftPpm).toBeLessThan(300);
  });

  it("is disrupted by an agreement on what cannot be, and set after three that agree", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 0, 0) });
    for (const [round, state] of [
      [1, "DISRUPTED"],
      [2, "DISRUPTED"],
      [3, "SYNCHRONISED"],
    ] as const) {
      clock.round(round * 1000, { asked: 3, samples: agreeing(3, HOUR_MS, round * 1000) });
      expect(clock.state).toBe(state);
      expect(clock.certain).toBe(state === "SYNCHRONISED");
    }
    expect(clock.offsetMs(3000)).toBe(HOUR_MS);
  });

  it("never goes back by a step: it is slowed down, and no judge until it is right", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, HOUR_MS, 0) });
    for (let round = 1; round <= 3; round++) {
      clock.round(round, { asked: 3, samples: agreeing(3, 0, round) });
    }
    expect(clock.state).toBe("SYNCHRONISED");
    expect(clock.offsetMs(3)).toBe(HOUR_MS);
    expect(clock.offsetMs(3 + HOUR_MS)).toBeCloseTo(HOUR_MS - 1800, 3);
    expect(clock.certain).toBe(false);
  });

  it("believes no accident: rounds that differ from one another set nothing", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 0, 0) });
    for (let round = 1; round < 10; round++) {
      clock.round(round, { asked: 3, samples: agreeing(3, round * 100_000, round) });
    }
    expect([clock.state, clock.offsetMs(10)]).toEqual(["DISRUPTED", 0]);
  });

  it("that was disrupted is right at once when the servers say that nothing happened", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: agreeing(3, 7, 0) });
    clock.disrupt();
    expect([clock.state, clock.certain]).toEqual(["DISRUPTED", false]);
    clock.round(50, { asked: 3, samples: agreeing(3, 7, 50) });
    expect(clock.state).toBe("SYNCHRONISED");
  });

  it("makes room for a second that a majority announced", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: [...agreeing(2, 0, 0, 1), ...agreeing(1, 0, 0)] });
    expect(clock.leap).toBe(1);
    clock.leapPassed();
    clock.round(1000, { asked: 3, samples: agreeing(3, -1000, 1000) });
    expect([clock.state, clock.leap]).toEqual(["SYNCHRONISED", 0]);
    expect(clock.offsetMs(1000)).toBe(0);
    expect(clock.offsetMs(2_100_000)).toBeCloseTo(-1000, 0);
  });

  it("takes a liar's announcement of a second for nothing", () => {
    const clock = new Timekeeping();
    clock.round(0, { asked: 3, samples: [...agreeing(2, 0, 0), sample(0, 2, 0, 1)] });
    expect(clock.leap).toBe(0);
  });
});

/** A world of servers, some of which lie, around a clock that drifts. */
function oneRun(seed: number): { readonly misses: number; readonly rounds: number } {
  const random = new Prng(seed);
  const count = 1 + random.below(13);
  const liars = random.below(Math.floor((count - 1) / 2) + 1);
  const drift = ((random.below(3001) - 1500) / 100) * 1e-6;
  const truth = (ms: number): number => 1e12 + drift * ms;
  const clock = new Timekeeping();
  let ms = 0;
  let misses = 0;
  let rounds = 0;
  for (let round = 0; round < 12; round++) {
    ms += 1 + random.below(random.chance(0.1) ? HOUR_MS : 100_000);
    const lie = random.below(4000) - 2000;
    const samples: TimeSample[] = [];
    for (let server = 0; server < count; server++) {
      if (random.chance(0.1)) continue;
      const delay = random.below(2000) / 10;
      const there = (delay * random.below(101)) / 100;
      const apart = there - delay / 2;
      const honest = around(truth(ms) + apart, delay / 2 + 0.01);
      const lying = around(
        truth(ms) + (random.chance(0.7) ? lie : random.below(1e7)) / 10,
        random.below(300),
      );
      samples.push({ offset: server < liars ? lying : honest, delayMs: delay, atMs: ms, leap: 0 });
    }
    clock.round(ms, { asked: count, samples });
    const interval = clock.interval(ms);
    if (interval === undefined) continue;
    rounds++;
    const offset = clock.offsetMs(ms)!;
    const isIn = interval.lowMs - 1e-3 <= truth(ms) && truth(ms) <= interval.highMs + 1e-3;
    if (!isIn || Math.abs(offset - truth(ms)) > clock.errorMs(ms)! + 1e-3) misses++;
  }
  return { misses, rounds };
}

describe("10,000 runs with fewer liars than half of the servers", () => {
  it("always have the true time in the interval, and the clock within its bound", () => {
    let misses = 0;
    let rounds = 0;
    for (let seed = 0; seed < 10_000; seed++) {
      const run = oneRun(seed);
      misses += run.misses;
      rounds += run.rounds;
    }
    expect(misses).toBe(0);
    expect(rounds).toBeGreaterThan(80_000);
  });
});

describe("a pool", () => {
  it("is drawn from without favour, nobody twice", () => {
    const random = new Prng(3);
    const counts = Array.from({ length: 40 }, () => 0);
    for (let draw = 0; draw < 4000; draw++) {
      const drawn = drawSubset(40, 15, (bound) => random.below(bound));
      expect(new Set(drawn).size).toBe(15);
      for (const place of drawn) counts[place]!++;
    }
    expect(Math.min(...counts)).toBeGreaterThan(1300);
    expect(Math.max(...counts)).toBeLessThan(1700);
  });

  const offsets = (...middles: number[]) => middles.map((middle) => around(middle, 5));

  it("is trimmed of its lowest and highest third", () => {
    expect(middleThird(offsets(9, 1, 5, 900, -70, 6)).length).toBe(2);
  });

  it.each([
    [
      "holds when the middle is close together and close to the clock",
      offsets(0, 1, 2, 3, 4, 5000),
      6,
      0,
      true,
    ],
    ["does not hold far from the clock", offsets(100, 101, 102, 103, 104, 105), 6, 0, false],
    ["does not hold when the middle is wide", offsets(-80, -60, -40, 40, 60, 80), 6, 0, false],
    ["does not hold when a third is silent and more", offsets(0, 1, 2), 6, 0, false],
    ["does not hold for a clock that was never set", offsets(0, 0, 0), 3, undefined, false],
  ] as const)("%s", (_name, drawn, asked, heldMs, expected) => {
    expect(khronosHolds(drawn, asked, heldMs)).toBe(expected);
  });
});

describe("the machine's clock", () => {
  it("is followed while it goes as the monotonic one does", () => {
    const machine = new MachineTime(0, 1000);
    expect(machine.follow(100, 1101)).toBe(1001);
    expect(machine.settled).toBe(true);
  });

  it.each([3_600_000, -3_600_000])(
    "is not believed for a while after a jump of %d ms",
    (jumpMs) => {
      const machine = new MachineTime(0, 1000);
      expect(machine.follow(100, 1100 + jumpMs)).toBe(1000);
      expect([machine.settled, machine.jumpCount]).toEqual([false, 1]);
      expect(machine.follow(4000, 5000 + jumpMs)).toBe(1000);
      expect(machine.follow(5200, 6200 + jumpMs)).toBe(1000 + jumpMs);
      expect(machine.settled).toBe(true);
    },
  );
});
