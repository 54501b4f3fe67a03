import type { Terminal } from "../../cluster/cli/terminal.ts";
import type { Profile } from "../simulation/faults/draw-profile.ts";
import { ResultFile } from "../simulation/run/result-file.ts";
import { SeedPool } from "../simulation/run/seed-pool.ts";
import { Summary } from "../simulation/run/summary.ts";
import { barOf } from "./progress-bar.ts";

export interface SeedOptions {
  readonly seeds: number;
  readonly from: number;
  readonly jobs: number;
  readonly results?: string;
  readonly profile: Profile;
}

/** After so many failing seeds a run says nothing new. */
const FAILURES_MAX = 20;

/** Runs seeds until they are all run, or somebody says that it is enough: what is known is told. */
export async function runSeeds(terminal: Terminal, options: SeedOptions): Promise<Summary> {
  const { seeds, from, jobs, profile } = options;
  const summary = new Summary();
  const file = options.results === undefined ? undefined : new ResultFile(options.results);
  const done = new Set<number>();
  for (const outcome of file?.read() ?? []) {
    if (outcome.seed < from || outcome.seed >= from + seeds || done.has(outcome.seed)) continue;
    done.add(outcome.seed);
    summary.add(outcome);
  }
  const enough = new AbortController();
  const { signal } = enough;
  const end = (): void => enough.abort();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const pool = new SeedPool(jobs);
  const beganMs = performance.now();
  let next = from;
  const work = async (): Promise<void> => {
    while (!signal.aborted && next < from + seeds && summary.failures.length < FAILURES_MAX) {
      const seed = next++;
      if (done.has(seed)) continue;
      const outcome = await pool.run({ seed, profile });
      file?.append(outcome);
      summary.add(outcome);
      terminal.showLive(barOf(summary, seeds, performance.now() - beganMs));
    }
  };
  const told = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
  // One more than there are workers, so that none waits for us.
  await Promise.race([Promise.all(Array.from({ length: jobs + 1 }, work)), told]);
  await pool.close();
  process.off("SIGINT", end);
  process.off("SIGTERM", end);
  return summary;
}
