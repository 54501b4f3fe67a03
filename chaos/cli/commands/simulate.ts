import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { utf8 } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { EXIT_OK, EXIT_REFUSED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";
import { writeBytesFile } from "../../../cluster/cli/write-output.ts";
import type { Outcome } from "../../simulation/run-seed.ts";
import type { Profile } from "../../simulation/faults/draw-profile.ts";
import type { Plan } from "../../simulation/faults/plan.ts";
import { readTape } from "../../simulation/run/tape.ts";

interface Options {
  readonly seed?: number;
  readonly seeds: number;
  readonly from: number;
  readonly jobs?: number;
  readonly results?: string;
  readonly tape?: string;
  readonly saveTape?: string;
  readonly record?: string;
  readonly shrink: boolean;
  readonly mutants?: string | boolean;
  readonly bench: boolean;
  readonly browser: boolean;
  readonly lmdb: boolean;
  readonly twins?: number;
  readonly members: number;
  readonly reconfigure: boolean;
}

export function simulateCommand(frame: Frame): Command {
  return finished(
    new Command("simulate")
      .description("run real replicas in virtual time, hurt them, and judge; 1 when one is wrong")
      .option("--seed <seed>", "one run; the same seed is the same run", parseWhole)
      .option("--seeds <count>", "so many runs", parsePositive, 100)
      .option("--from <seed>", "the first of them", parseWhole, 1)
      .option("--jobs <count>", "at a time (default: one for each core)", parsePositive)
      .option(
        "--results <file>",
        "append each outcome, or mutant found; what stands there is not run again",
      )
      .option("--tape <file>", "run what a tape says instead of what a seed does")
      .option("--save-tape <file>", "where the tape of a failing seed goes")
      .option("--record <file>", "with --seed or --tape: write down what happened, for the viewer")
      .option("--no-shrink", "leave a failing seed as it is")
      .option("--mutants [name]", "plant bugs, one at a time, and count the seeds to find each")
      .option("--twins <count>", "so many scenarios with members that run twice", parsePositive)
      .option("--members <count>", "of a cluster with twins", parseMembers, 4)
      .option("--reconfigure", "members come and go in each run, among all else", false)
      .option("--browser", "run each seed on Node and in Chromium, and compare", false)
      .option("--lmdb", "run each seed over a simulated store and over LMDB, and compare", false)
      .option("--bench", "say how fast virtual time passes", false)
      .action((options: Options) => simulate(frame, options)),
    [
      "simulate --seeds 1000 --jobs 2",
      "simulate --seed 7",
      "simulate --seeds 100 --reconfigure",
      "simulate --tape failing.tape --json",
      "simulate --seed 7 --record seed-7.qjournal",
    ],
  );
}

async function simulate(frame: Frame, options: Options): Promise<void> {
  if (options.bench) return runBench(frame);
  if (options.browser || options.lmdb) return compareTwoWays(frame, options);
  if (options.twins !== undefined) return runTwinScenarios(frame, options, options.twins);
  if (options.mutants !== undefined) return huntMutants(frame, options);
  if (options.tape !== undefined || options.seed !== undefined) return runOne(frame, options);
  const { runSeeds } = await import("../run-seeds.ts");
  const { jobs = availableParallelism(), ...others } = options;
  const profile = profileOf(options);
  const summary = await runSeeds(frame.terminal, { ...others, jobs, profile });
  const failed = summary.failures[0];
  frame.terminal.result(summary.toJson(), summary.lines());
  frame.exitCode = failed === undefined ? EXIT_OK : EXIT_REFUSED;
  if (failed !== undefined) {
    const { drawProfile } = await import("../../simulation/faults/draw-profile.ts");
    await keepTape(frame, options, drawProfile(profile, failed.seed));
  }
}

const profileOf = ({ reconfigure }: Options): Profile => (reconfigure ? "members" : "usual");

async function runTwinScenarios(frame: Frame, options: Options, count: number): Promise<void> {
  const { runTwins } = await import("../run-twins.ts");
  const { from, members: memberCount, jobs = availableParallelism() } = options;
  const report = await runTwins(frame.terminal, { count, from, jobs, memberCount });
  frame.terminal.result(report.json, report.lines);
  frame.exitCode = report.failureCount === 0 ? EXIT_OK : EXIT_REFUSED;
}

/** Beyond, the partitions of a round are more than can be listed. */
const TWINS_MEMBERS_MAX = 7;

function parseMembers(text: string): number {
  const count = parsePositive(text);
  if (count >= 4 && count <= TWINS_MEMBERS_MAX) return count;
  throw new InvalidArgumentError(`Twins run with 4 to ${TWINS_MEMBERS_MAX} members.`);
}

async function compareTwoWays(frame: Frame, options: Options): Promise<void> {
  const compare = options.browser
    ? (await import("../compare-engines.ts")).compareEngines
    : (await import("../compare-stores.ts")).compareStores;
  const report = await compare(frame.terminal, options);
  frame.terminal.result(report.json, report.lines);
  frame.exitCode = report.isEqual ? EXIT_OK : EXIT_REFUSED;
}

async function runOne(frame: Frame, options: Options): Promise<void> {
  const { drawProfile } = await import("../../simulation/faults/draw-profile.ts");
  const { recordPlan } = await import("../../simulation/run-seed.ts");
  const plan =
    options.tape === undefined
      ? drawProfile(profileOf(options), options.seed ?? 1)
      : planOf(options.tape);
  const { outcome, recording } = await recordPlan(plan);
  if (options.record !== undefined) await writeBytesFile(options.record, recording);
  frame.terminal.result(outcome, describe(outcome, plan));
  frame.exitCode = outcome.violation === undefined ? EXIT_OK : EXIT_REFUSED;
  if (outcome.violation !== undefined && options.saveTape !== undefined) {
    await keepTape(frame, options, plan);
  }
}

function describe(outcome: Outcome, plan: Plan): readonly string[] {
  const { seed, violation, hash, virtualMs, eventCount, committedCount } = outcome;
  const liars = plan.liars.map(
    ({ index, twin, strategies }) => `${index} ${twin ? "twin" : strategies.join("+")}`,
  );
  return [
    `seed ${seed}: n ${plan.memberCount}, f ${plan.faultyMax}; ` +
      `liars: ${liars.join(", ") || "none"}; ${plan.faults.length} faults`,
    `${Math.round(virtualMs)} virtual ms, ${eventCount} events, ${committedCount} committed`,
    `event hash ${hash}`,
    violation === undefined ? "no violation" : `${violation.checker}: ${violation.what}`,
  ];
}

/** Shrinks what fails, unless told not to, and writes it where it can be run again. */
async function keepTape(frame: Frame, options: Options, plan: Plan): Promise<void> {
  const { runPlan } = await import("../../simulation/run-seed.ts");
  const { shrink } = await import("../../simulation/run/shrink.ts");
  const { writeTape } = await import("../../simulation/run/tape.ts");
  const outcome = await runPlan(plan);
  const path = options.saveTape ?? `simulate-${plan.seed}.tape`;
  let least = { plan, outcome };
  if (options.shrink) {
    frame.terminal.note(`shrinking seed ${plan.seed} …`);
    const shrunk = await shrink(plan, outcome, runPlan, SHRINK_RUN_COUNT_MAX);
    frame.terminal.note(
      `${shrunk.runCount} runs: ${plan.faults.length} faults became ${shrunk.plan.faults.length}`,
    );
    least = shrunk;
  }
  const { violation, hash } = least.outcome;
  await writeBytesFile(path, utf8(writeTape({ plan: least.plan, violation, hash })));
  frame.terminal.note(`to see it again: quorate simulate --tape ${path}`);
}

/** A minute or two of looking for less. */
const SHRINK_RUN_COUNT_MAX = 150;

function planOf(path: string): Plan {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new QuorateError(
      "TAPE_INVALID",
      `${path} cannot be read`,
      "name a file that --save-tape or a failing run has written",
      { cause },
    );
  }
  const tape = readTape(text);
  if (tape !== undefined) return tape.plan;
  throw new QuorateError(
    "TAPE_INVALID",
    `${path} is no tape of a simulated run`,
    "name a file that --save-tape or a failing run has written",
  );
}

async function runBench(frame: Frame): Promise<void> {
  const { bench } = await import("../../simulation/run/bench.ts");
  const figures = await bench();
  frame.terminal.result(
    { figures },
    figures.map(({ name, timesRealTime, detail }) => `${name}: ${timesRealTime} x  (${detail})`),
  );
}

/** Plants one bug and runs a tape, or finds the seed that shows it and shrinks that to one. */
async function showMutant(frame: Frame, options: Options, name: string): Promise<void> {
  const { mutantCalled, withPlanted } = await import("../../simulation/mutants/hunt.ts");
  const { shrink } = await import("../../simulation/run/shrink.ts");
  const { drawProfile } = await import("../../simulation/faults/draw-profile.ts");
  const { writeTape } = await import("../../simulation/run/tape.ts");
  const mutant = mutantCalled(name);
  await withPlanted(mutant, 1, async (pool) => {
    const run = (plan: Plan, record?: string): Promise<Outcome> =>
      pool.run({ plan, ...(record === undefined ? {} : { record }) });
    let plan =
      options.tape === undefined
        ? drawProfile(mutant.profile ?? "usual", options.seed ?? options.from)
        : planOf(options.tape);
    let outcome = await run(plan);
    if (options.saveTape !== undefined && outcome.violation !== undefined) {
      if (options.shrink)
        ({ plan, outcome } = await shrink(plan, outcome, run, SHRINK_RUN_COUNT_MAX));
      const { violation, hash } = outcome;
      await writeBytesFile(options.saveTape, utf8(writeTape({ plan, violation, hash })));
    }
    if (options.record !== undefined) await run(plan, resolve(options.record));
    frame.terminal.result(outcome, describe(outcome, plan));
    frame.exitCode = outcome.violation === undefined ? EXIT_OK : EXIT_REFUSED;
  });
}

async function huntMutants(frame: Frame, options: Options): Promise<void> {
  const { hunt } = await import("../../simulation/mutants/hunt.ts");
  const only = typeof options.mutants === "string" ? options.mutants : undefined;
  const isShown = options.tape !== undefined || options.seed !== undefined;
  if (only !== undefined && isShown) return showMutant(frame, options, only);
  const report = await hunt(frame.terminal, {
    only,
    jobs: options.jobs ?? availableParallelism(),
    from: options.from,
    seedCountMax: options.seeds,
    ...(options.results === undefined ? {} : { results: options.results }),
  });
  frame.terminal.result(report.json, report.lines);
  frame.exitCode = report.missedCount === 0 ? EXIT_OK : EXIT_REFUSED;
}
