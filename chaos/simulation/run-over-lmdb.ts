import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "./faults/plan.ts";
import { runPlan } from "./run-seed.ts";
import type { Outcome } from "./run-seed.ts";
import { LmdbEnvironment } from "./world/lmdb-environment.ts";

/** The second profile: the same run with real LMDB under every replica's rows, in a folder of its own. */
export async function runPlanOverLmdb(plan: Plan): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-simulated-"));
  const environments: LmdbEnvironment[] = [];
  try {
    return await runPlan(plan, undefined, (name, world, prng) => {
      const environment = new LmdbEnvironment(join(folder, name), world, prng);
      environments.push(environment);
      return environment;
    });
  } finally {
    for (const environment of environments) await environment.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
