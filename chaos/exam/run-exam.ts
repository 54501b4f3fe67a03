import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../cluster/programs.ts";
import { cleanUp } from "../ledger/clean-up.ts";
import { Ledger } from "../ledger/ledger.ts";
import { plant } from "../simulation/mutants/plant.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { runApart } from "./run-apart.ts";
import type { ApartResult } from "./run-apart.ts";

/** How one planted bug fared. */
export interface Examined {
  readonly bug: string;
  readonly experiment: string;
  readonly verdict: string;
  /**
   * caught: the verdict that was named does not hold with the bug, and all hold without. escaped:
   * it held in every run. not sound: without the bug a verdict does not hold either. not run: the
   * machine cannot run the experiment.
   */
  readonly status: "caught" | "escaped" | "not sound" | "not run";
  /** Of the run that caught it. */
  readonly seed?: number;
  readonly runs: number;
  /** What the verdict said, or why it was not run. */
  readonly detail: string;
  /** Whatever else did not hold in the run that caught it. */
  readonly besides: readonly string[];
}

export interface ExamOptions {
  readonly bugs: readonly PlantedBug[];
  readonly out: string;
  readonly seed: number;
  /** Runs with the bug before it counts as escaped. */
  readonly runsMax: number;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  readonly onExamined: (examined: Examined) => void;
}

export const EXAM_FILE = "exam.json";

/**
 * Plants one bug after another into a copy of the build, and runs the experiment that must catch
 * it there: harness, clients and replicas are all of the damaged build, as a user would have them.
 * The same seed must hold in the build as it is.
 */
export async function runExam(options: ExamOptions): Promise<readonly Examined[]> {
  const { bugs, out, signal, onExamined } = options;
  const examined: Examined[] = [];
  mkdirSync(out, { recursive: true });
  const ledger = Ledger.open();
  try {
    for (const bug of bugs) {
      if (signal.aborted) break;
      const one = await examine(bug, options, ledger);
      if (signal.aborted) break;
      examined.push(one);
      onExamined(one);
    }
  } finally {
    await cleanUp(ledger.folder);
  }
  writeFileSync(join(out, EXAM_FILE), `${JSON.stringify({ examined }, null, 2)}\n`);
  return examined;
}

async function examine(bug: PlantedBug, options: ExamOptions, ledger: Ledger): Promise<Examined> {
  const { out, seed, runsMax, signal, onStep } = options;
  const { name, experiment, verdict } = bug;
  const head = { bug: name, experiment, verdict, besides: [] };
  const copy = join(ledger.folder, name);
  plant(join(PROJECT, "dist"), bug, copy);
  cpSync(join(PROJECT, "bin", "quorate.js"), join(copy, "bin", "quorate.js"));
  const run = (project: string, runSeed: number, into: string): Promise<ApartResult> =>
    runApart({ project, experiment, seed: runSeed, out: join(out, name, into), signal, ledger });
  try {
    for (let attempt = 0; attempt < runsMax; attempt++) {
      const runSeed = seed + attempt;
      onStep(`${name}: ${experiment} ${runSeed} with the bug`);
      const planted = await run(copy, runSeed, "planted");
      if (planted.status === "not run") {
        return { ...head, status: "not run", runs: 0, detail: planted.why ?? "" };
      }
      const bad = planted.verdicts.filter(({ holds }) => !holds);
      const said = bad.find((one) => one.name === verdict);
      if (said === undefined) continue;
      onStep(`${name}: ${experiment} ${runSeed} without`);
      const honest = await run(PROJECT, runSeed, "honest");
      const wrong = honest.verdicts.filter(({ holds }) => !holds);
      const { detail } = wrong[0] ?? said;
      const besides = bad.filter((one) => one !== said).map((one) => one.name);
      const status = honest.status === "held" ? "caught" : "not sound";
      return { ...head, status, seed: runSeed, runs: attempt + 1, detail, besides };
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return { ...head, status: "escaped", runs: runsMax, detail: "every time the verdict held" };
}
