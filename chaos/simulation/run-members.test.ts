import { describe, expect, it } from "vitest";
import { drawMembersPlan } from "./faults/draw-members-plan.ts";
import type { Plan } from "./faults/plan.ts";
import { runPlan } from "./run-seed.ts";

/** A few here, to be quick; many by `quorate simulate --reconfigure --seeds`. */
const SEED_COUNT = Number(process.env["QUORATE_SIMULATED_SEEDS"] ?? 2);
const seeds = Array.from({ length: SEED_COUNT }, (_, index) => index + 1);

/** Nothing goes wrong: four become seven, and four again. */
const calm: Plan = {
  ...drawMembersPlan(5),
  memberCount: 4,
  faultyMax: 1,
  realCrypto: false,
  liars: [],
  faults: [],
  byzantineClients: [],
  clientCount: 2,
  writesPerClient: 10,
  thinkMs: 300,
  checkpointInterval: 4,
  healMs: 10_000,
  durationMs: 12_000,
  membership: {
    newcomerCount: 3,
    mayStall: false,
    changes: [
      { atMs: 500, add: [4], remove: [], consent: "given" },
      { atMs: 1_500, add: [5, 6], remove: [], consent: "given" },
      { atMs: 3_000, add: [], remove: [0, 1, 2], faultyMax: 1, consent: "given" },
    ],
  },
};

describe("a simulated run in which members come and go", () => {
  it.each(seeds)("of seed %i violates nothing", { timeout: 120_000 }, async (seed) => {
    const outcome = await runPlan(drawMembersPlan(seed));
    expect(outcome.violation).toBeUndefined();
    expect(outcome.marks["epoch: decided"]).toBeGreaterThan(0);
    expect(outcome.marks["epoch: begun"]).toBeGreaterThan(0);
  });

  it("takes four members to seven, and to four of whom three were none at first", async () => {
    const outcome = await runPlan(calm);
    expect(outcome.violation).toBeUndefined();
    expect(outcome.marks["epoch: decided"]).toBe(3);
    expect(outcome.marks["epoch: 3 begun by somebody"]).toBe(4);
    expect(outcome.committedCount).toBe(20);
  });

  it("is the same again for the same plan, to the last event", async () => {
    const [first, second] = [await runPlan(calm), await runPlan(calm)];
    expect(second).toEqual({ ...first, tookMs: second.tookMs });
  });

  it("refuses members whose keys have not agreed", async () => {
    const [change] = calm.membership?.changes ?? [];
    if (change === undefined) throw new Error("no change");
    const changes = (["missing", "another's"] as const).map((consent) => ({ ...change, consent }));
    const membership = { newcomerCount: 1, mayStall: false, changes };
    const outcome = await runPlan({ ...calm, membership });
    expect(outcome.violation).toBeUndefined();
    expect(outcome.marks["epoch: decided"]).toBeUndefined();
    expect(outcome.marks["member: ordered, outcome 55"]).toBe(2);
  });
});
