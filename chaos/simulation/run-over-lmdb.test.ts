import { expect, it } from "vitest";
import { drawPlan } from "./faults/draw-plan.ts";
import type { Plan } from "./faults/plan.ts";
import { runPlanOverLmdb } from "./run-over-lmdb.ts";
import { runPlan } from "./run-seed.ts";

/** The first seed of a small cluster that does all this. */
function planWith(...faults: readonly string[]): Plan {
  for (let seed = 1; seed < 10_000; seed++) {
    const plan = drawPlan(seed);
    const types = new Set<string>(plan.faults.map(({ type }) => type));
    const isSmall = plan.memberCount === 4 && !plan.realCrypto;
    if (isSmall && faults.every((fault) => types.has(fault))) return plan;
  }
  throw new Error(`no seed with ${faults.join(" and ")}`);
}

it.each([{ faults: ["crash", "rot-store"] }, { faults: ["wipe-store"] }])(
  "a run with $faults is the same over real LMDB, and no checker objects",
  { timeout: 300_000 },
  async ({ faults }) => {
    const plan = planWith(...faults);
    const { tookMs: _simulated, ...expected } = await runPlan(plan);
    const { tookMs: _real, ...outcome } = await runPlanOverLmdb(plan);
    expect(outcome).toEqual(expected);
    expect(outcome.violation).toBeUndefined();
  },
);
