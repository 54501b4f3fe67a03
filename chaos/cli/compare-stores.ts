import { drawPlan } from "../simulation/faults/draw-plan.ts";
import { runPlanOverLmdb } from "../simulation/run-over-lmdb.ts";
import { runPlan } from "../simulation/run-seed.ts";
import { compareRuns } from "./compare-runs.ts";
import type { Comparison, ComparisonOptions } from "./compare-runs.ts";
import type { Terminal } from "../../cluster/cli/terminal.ts";

/** Each seed once over the simulated environment and once over real LMDB. */
export function compareStores(terminal: Terminal, options: ComparisonOptions): Promise<Comparison> {
  return compareRuns(terminal, options, {
    names: ["over the simulated store", "over LMDB"],
    run: async (seed) => {
      const plan = drawPlan(seed);
      return [await runPlan(plan), await runPlanOverLmdb(plan)];
    },
  });
}
