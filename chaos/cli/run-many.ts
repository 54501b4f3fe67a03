import { join } from "node:path";
import { EXIT_OK, EXIT_REFUSED, EXIT_UNDECIDED } from "../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../cluster/cli/frame.ts";
import type { Experiment } from "../experiments/experiment.ts";
import type { Result } from "../experiments/result.ts";
import { PACE_DEFAULT, runExperiment } from "../experiments/run-experiment.ts";
import type { Pace } from "../experiments/run-experiment.ts";
import { lacksNamespaces } from "../network/namespace-network.ts";
import { openNetwork } from "../network/open-network.ts";
import type { LinkTier } from "../network/open-network.ts";

export interface ManyRuns {
  readonly work: readonly { readonly experiment: Experiment; readonly seed: number }[];
  readonly out: string;
  readonly keepAll: boolean;
  /** Experiments that this machine is known not to run. */
  readonly expectNotRun: readonly string[];
  readonly pace?: Pace;
  /** Of what links are made that are hurt; absent: proxies. */
  readonly tier?: LinkTier;
}

/** One after another: two clusters on one machine would measure each other. */
export async function runMany(frame: Frame, runs: ManyRuns): Promise<readonly Result[]> {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const results: Result[] = [];
  const { tier = "proxy" } = runs;
  const lacksLinks = tier === "namespaces" ? lacksNamespaces() : undefined;
  try {
    for (const { experiment, seed } of runs.work) {
      if (stopping.signal.aborted) break;
      const result = await runExperiment(experiment, {
        seed,
        folder: join(runs.out, experiment.name, `seed-${seed}`),
        openNetwork: (replicaCount, needsLinks, ledger) =>
          openNetwork({ replicaCount, needsLinks, seed, tier, ledger }),
        lacksLinks,
        signal: stopping.signal,
        pace: runs.pace ?? PACE_DEFAULT,
        keepAll: runs.keepAll,
        onStep: (what) => frame.terminal.showLive(`${experiment.name} ${seed}: ${what}`),
      });
      // What was cut short has been healed, and says nothing.
      if (stopping.signal.aborted) break;
      results.push(result);
      for (const line of linesOf(result)) frame.terminal.note(line);
    }
  } finally {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  }
  frame.exitCode = exitCodeOf(results, runs);
  frame.terminal.result({ results }, [summaryOf(results)]);
  return results;
}

/** What was interrupted is no verdict. */
function exitCodeOf(
  results: readonly Result[],
  { expectNotRun, work }: Pick<ManyRuns, "expectNotRun" | "work">,
): number {
  if (results.some(({ status }) => status === "failed")) return EXIT_REFUSED;
  const unexpected = results.some(
    ({ status, experiment }) => status === "not run" && !expectNotRun.includes(experiment),
  );
  return unexpected || results.length < work.length ? EXIT_UNDECIDED : EXIT_OK;
}

/** One line when all is well; else what is wrong, and how to see it again. */
export function linesOf(result: Result): readonly string[] {
  const { experiment, seed, status, why, tier, figures, verdicts, marks, again } = result;
  if (status === "not run") return [`${experiment} ${seed}: not run: ${why ?? ""}`];
  const missed = marks.filter(({ met }) => !met);
  const bad = verdicts.filter(({ holds }) => !holds);
  return [
    `${experiment} ${seed}: ${status} (${tier}); ` +
      `write gap ${figures?.writeGapMs ?? "?"} ms, read gap ${figures?.readGapMs ?? "?"} ms, ` +
      `recovery ${figures?.recoveryMs ?? "?"} ms`,
    ...bad.map(({ name, detail }) => `  not so: ${name}: ${detail}`),
    ...missed.map(
      ({ figure, value, most, least }) =>
        `  beyond its mark: ${figure} ${value}, ${most === undefined ? `at least ${least}` : `at most ${most}`}`,
    ),
    ...(bad.length > 0 ? [`  again: ${again}`] : []),
  ];
}

function summaryOf(results: readonly Result[]): string {
  const count = (status: Result["status"]): number =>
    results.filter((result) => result.status === status).length;
  const missed = results.flatMap(({ marks }) => marks).filter(({ met }) => !met).length;
  return (
    `${results.length} runs: ${count("held")} held, ${count("failed")} failed, ` +
    `${count("not run")} not run; ${missed} marks missed`
  );
}
