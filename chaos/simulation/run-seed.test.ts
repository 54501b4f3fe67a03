import { describe, expect, it } from "vitest";
import { drawPlan } from "./faults/draw-plan.ts";
import type { Plan } from "./faults/plan.ts";
import { runPlan, runSeed } from "./run-seed.ts";

/** A few here, to be quick; many by `quorate simulate --seeds`, and some in run-seeds.test.ts. */
const SEED_COUNT = Number(process.env["QUORATE_SIMULATED_SEEDS"] ?? 2);
const seeds = Array.from({ length: SEED_COUNT }, (_, index) => index + 1);

/** The smallest run of all: no liar, no fault, one client. */
const calm = (seed: number): Plan => ({
  ...drawPlan(seed),
  memberCount: 4,
  faultyMax: 1,
  realCrypto: false,
  liars: [],
  faults: [],
  byzantineClients: [],
  clientCount: 2,
  writesPerClient: 5,
  healMs: 5000,
  durationMs: 8000,
});

describe("a simulated run", () => {
  it.each(seeds)("of seed %i violates nothing", { timeout: 120_000 }, async (seed) => {
    const outcome = await runSeed(seed);
    expect(outcome.violation).toBeUndefined();
    expect(outcome.virtualMs).toBeGreaterThanOrEqual(60_000);
    expect(outcome.committedCount).toBeGreaterThanOrEqual(200);
  });

  it("is the same again for the same plan, to the last event", async () => {
    const plan = { ...drawPlan(11), healMs: 8000, durationMs: 12_000, writesPerClient: 6 };
    const [first, second] = [await runPlan(plan), await runPlan(plan)];
    expect(second).toEqual({ ...first, tookMs: second.tookMs });
    const other = await runPlan({ ...plan, seed: 12 });
    expect(other.hash).not.toBe(first.hash);
  });

  it("of real Ed25519 does what the table's does", async () => {
    const outcome = await runPlan({ ...calm(3), realCrypto: true });
    expect(outcome.violation).toBeUndefined();
    expect(outcome.committedCount).toBe(10);
  });

  it("without a quorum of correct replicas makes no progress, and says so", async () => {
    const liars = [1, 2].map((index) => ({ index, strategies: ["mute"], twin: false }));
    const outcome = await runPlan({ ...calm(4), liars });
    expect(outcome.violation?.checker).toBe("progress after healing");
  });

  it("draws f liars in more than half of its seeds, and clusters of every size", () => {
    const plans = Array.from({ length: 400 }, (_, seed) => drawPlan(seed));
    const full = plans.filter((plan) => plan.liars.length === plan.faultyMax);
    expect(full.length).toBeGreaterThan(200);
    const sizes = new Set(plans.map(({ memberCount }) => memberCount));
    expect([...sizes].sort((left, right) => left - right)).toEqual([4, 5, 7, 10]);
    const real = plans.filter(({ realCrypto }) => realCrypto).length;
    expect(real).toBeGreaterThanOrEqual(4);
    expect(real).toBeLessThanOrEqual(24);
  });
});
