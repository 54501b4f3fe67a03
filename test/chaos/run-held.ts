import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { experimentNamed } from "../../chaos/experiments/catalogue.ts";
import { runExperiment } from "../../chaos/experiments/run-experiment.ts";
import type { Pace } from "../../chaos/experiments/run-experiment.ts";
import type { Result } from "../../chaos/experiments/result.ts";
import { openNetwork } from "../../chaos/network/open-network.ts";

/** Short and light: what is judged is what was said, never how fast. */
const PACE: Pace = {
  ...{ warmUpMs: 300, beforeMs: 300, afterMs: 800, holdShare: 0.4 },
  ...{ clientCount: 2, processesPerClient: 2, pauseMs: 10 },
};

/** On a busy machine a liar may lose its turn before it could lie: then it gets another run. */
const ATTEMPT_COUNT_MAX = 3;
const HIT_OR_MISS = ["the fault was really there", "the liar is convicted offline"];

/** Runs it, and expects every verdict to hold; the marks are for a quiet machine. */
export async function runHeld(name: string, firstSeed = 1): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const result = await runOnce(name, firstSeed + 100 * (attempt - 1));
    const bad = result.verdicts.filter(({ holds }) => !holds);
    const hasMissed = bad.length > 0 && bad.every((verdict) => HIT_OR_MISS.includes(verdict.name));
    if (hasMissed && attempt < ATTEMPT_COUNT_MAX) continue;
    expect(bad, result.again).toEqual([]);
    expect(result.status, result.why).toBe("held");
    return result;
  }
}

async function runOnce(name: string, seed: number): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-experiment-"));
  try {
    return await runExperiment(experimentNamed(name), {
      ...{ seed, folder, signal: new AbortController().signal, pace: PACE, keepAll: false },
      openNetwork: (replicaCount, needsLinks, ledger) =>
        openNetwork({ replicaCount, needsLinks, seed, ledger }),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Why an experiment cannot be run here, as the end of a test's title; empty where it can. */
export function lacks(name: string): string {
  const why = experimentNamed(name)
    .faults()
    .map((fault) => fault.available())
    .find((reason) => reason !== undefined);
  return why === undefined ? "" : ` skipped: ${why}`;
}
