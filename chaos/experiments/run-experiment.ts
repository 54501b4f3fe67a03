import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Prng } from "../../base/prng.ts";
import { formatHistory } from "../checkers/formats/parse-history.ts";
import { ChaosCluster } from "../cluster/chaos-cluster.ts";
import type { Fault, Stage } from "../faults/fault.ts";
import { cleanUp } from "../ledger/clean-up.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { Network } from "../network/network.ts";
import { ChaosJournal } from "./chaos-journal.ts";
import type { Experiment } from "./experiment.ts";
import { figuresOf } from "./figures.ts";
import type { Figures, Phases } from "./figures.ts";
import { judge } from "./judge.ts";
import { HISTORY_FILE, JOURNAL_FOLDER, RESULT_FILE, RESULT_FORMAT, SERIES_FILE } from "./result.ts";
import type { MarkResult, Result, Verdict } from "./result.ts";
import { seriesOf } from "./series.ts";
import { Workload } from "./workload.ts";

export interface RunOptions {
  readonly seed: number;
  /** Of this repetition; it is made. */
  readonly folder: string;
  readonly openNetwork: (
    seatCount: number,
    needsLinks: boolean,
    ledger: Ledger,
  ) => Promise<Network>;
  /** Why links of the wanted kind cannot be hurt here; absent: they can. */
  readonly lacksLinks?: string | undefined;
  /** Ends the waiting; what was made is healed and removed all the same. */
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** Keep histories and journals of runs that held, too. */
  readonly keepAll: boolean;
  readonly onStep?: (what: string) => void;
}

/** How long the parts of a run are, and how hard its clients work. */
export interface Pace {
  readonly warmUpMs: number;
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Of the experiment's own time. */
  readonly holdShare: number;
  readonly clientCount: number;
  readonly processesPerClient: number;
  readonly pauseMs: number;
}

export const PACE_DEFAULT: Pace = {
  ...{ warmUpMs: 1_000, beforeMs: 2_500, afterMs: 3_000, holdShare: 1 },
  ...{ clientCount: 4, processesPerClient: 2, pauseMs: 0 },
};

/** One repetition: its own cluster, its own network, everything healed and removed at the end. */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<Result> {
  const faults = experiment.faults();
  const reasons = faults.map((fault) => fault.available());
  if (experiment.needsLinks === true) reasons.push(options.lacksLinks);
  const lacking = reasons.find((why) => why !== undefined);
  if (lacking !== undefined) return save(notRun(experiment, options, lacking), options);
  const ledger = Ledger.open();
  const count = experiment.replicaCount ?? 4;
  let network: Network | undefined;
  let cluster: ChaosCluster | undefined;
  try {
    const seatCount = count + (experiment.joinerCount ?? 0);
    network = await options.openNetwork(seatCount, experiment.needsLinks === true, ledger);
    cluster = ChaosCluster.create(network, ledger, count);
    const stage = { cluster, ledger, prng: new Prng(options.seed) };
    const run = new Run(experiment, { ...options, stage, faults });
    return save(await run.toItsEnd(), options);
  } finally {
    await cluster?.endAll("SIGKILL");
    await network?.close();
    await cleanUp(ledger.folder);
  }
}

interface RunParts extends RunOptions {
  readonly stage: Stage;
  readonly faults: readonly Fault[];
}

class Run {
  readonly #experiment: Experiment;
  readonly #parts: RunParts;
  readonly #journal: ChaosJournal;

  constructor(experiment: Experiment, parts: RunParts) {
    this.#experiment = experiment;
    this.#parts = parts;
    this.#journal = new ChaosJournal(parts.stage.cluster, experiment.name, parts.seed);
  }

  async toItsEnd(): Promise<Result> {
    const { stage, seed, pace, onStep, folder } = this.#parts;
    const { cluster, ledger } = stage;
    onStep?.("starting a cluster");
    for (const fault of this.#parts.faults) await fault.prepare?.(stage);
    await cluster.startAll();
    const { clientCount, processesPerClient, pauseMs } = pace;
    const workload = await Workload.start({
      ...{ cluster, scratch: ledger.folder, seed, clientCount, processesPerClient, pauseMs },
    });
    let phases: Phases;
    try {
      phases = await this.#hurt(workload);
    } finally {
      await workload.stop();
    }
    if (this.#parts.signal.aborted) {
      await workload.closeGateway();
      return notRun(this.#experiment, this.#parts, "interrupted");
    }
    onStep?.("judging");
    const { recorder, taken } = workload;
    const liars = this.#parts.faults.flatMap((fault) => fault.liars ?? []);
    const convicts = this.#experiment.convicts === true;
    const judged = await judge({ cluster, recorder, taken, liars, convicts });
    await workload.closeGateway();
    const verdicts = [...judged.verdicts, this.#hit()];
    const figures = figuresOf(recorder, phases);
    const more = { ...judged.more, ...this.#ownFigures() };
    const result = this.#result({ verdicts, figures, phases, more });
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, SERIES_FILE), `${JSON.stringify(seriesOf(recorder, phases))}\n`);
    if (result.status !== "held" || this.#parts.keepAll) {
      for (const { name, holds, detail } of verdicts) {
        if (!holds) this.#journal.violated(name, detail.slice(0, 200));
      }
      writeFileSync(join(folder, HISTORY_FILE), formatHistory(recorder.history));
      this.#journal.save(join(folder, JOURNAL_FOLDER), cluster);
      for (const index of cluster.indexes) {
        writeFileSync(join(folder, `replica-${index}.log`), cluster.log(index));
      }
    }
    return result;
  }

  /** The schedule. Whatever happens, every fault is healed before it answers. */
  async #hurt({ recorder }: Workload): Promise<Phases> {
    const { stage, faults, pace, signal, onStep } = this.#parts;
    const wait = (forMs: number): Promise<unknown> =>
      sleep(forMs, undefined, { signal }).catch(() => undefined);
    onStep?.("before");
    await wait(pace.warmUpMs);
    const beforeMs = recorder.nowMs;
    await wait(pace.beforeMs);
    const duringMs = recorder.nowMs;
    try {
      for (const fault of faults) {
        if (signal.aborted) break;
        onStep?.(fault.kind);
        this.#journal.fault(fault.kind);
        await fault.inject(stage);
      }
      await wait(this.#experiment.holdMs * pace.holdShare);
    } finally {
      onStep?.("healing");
      for (const fault of [...faults].reverse()) {
        await fault.heal(stage);
        this.#journal.healed(fault.kind);
      }
    }
    const healedMs = recorder.nowMs;
    onStep?.("after");
    await wait(pace.afterMs);
    return {
      before: { fromMs: beforeMs, toMs: duringMs },
      during: { fromMs: duringMs, toMs: healedMs },
      after: { fromMs: healedMs, toMs: recorder.nowMs },
    };
  }

  /** A fault that hit nothing proves nothing: that is a failure of the experiment. */
  #hit(): Verdict {
    const { faults, stage } = this.#parts;
    const missed = faults.map((fault) => fault.missed?.(stage)).filter((why) => why !== undefined);
    const detail = missed.length === 0 ? `${faults.length} injected` : missed.join("; ");
    return { name: "the fault was really there", holds: missed.length === 0, detail };
  }

  #ownFigures(): Readonly<Record<string, number>> {
    return Object.assign({}, ...this.#parts.faults.map((fault) => fault.figures ?? {})) as Readonly<
      Record<string, number>
    >;
  }

  #result(found: {
    readonly verdicts: readonly Verdict[];
    readonly figures: Figures;
    readonly phases: Phases;
    readonly more: Readonly<Record<string, number>>;
  }): Result {
    const { seed, stage, faults } = this.#parts;
    const holds = found.verdicts.every((verdict) => verdict.holds);
    const { tier } = stage.cluster.network;
    const own = head(this.#experiment, seed);
    return {
      ...own,
      again: tier === "namespaces" ? `${own.again} --tier ${tier}` : own.again,
      status: holds ? "held" : "failed",
      tier,
      faults: faults.map((fault) => ({ kind: fault.kind, what: fault.describe() })),
      marks: marksOf(this.#experiment, found.figures, found.more),
      ...found,
    };
  }
}

function head(
  { name, replicaCount = 4 }: Experiment,
  seed: number,
): Pick<Result, "format" | "experiment" | "seed" | "replicaCount" | "at" | "again"> {
  return {
    format: RESULT_FORMAT,
    experiment: name,
    seed,
    replicaCount,
    at: new Date().toISOString(),
    again: `quorate chaos run ${name} --seed ${seed}`,
  };
}

function notRun(experiment: Experiment, { seed }: RunOptions, why: string): Result {
  const nothing = { faults: [], verdicts: [], marks: [], more: {} };
  return { ...head(experiment, seed), status: "not run", why, tier: "none", ...nothing };
}

/** A mark's figure is one of the run, of its phases' shares, or of the fault's own. */
function marksOf(
  { marks }: Experiment,
  figures: Figures,
  more: Readonly<Record<string, number>>,
): readonly MarkResult[] {
  const before = Math.max(0.001, figures.before.writesPerSecond);
  const known: Readonly<Record<string, number>> = {
    ...more,
    writeGapMs: figures.writeGapMs,
    readGapMs: figures.readGapMs,
    recoveryMs: figures.recoveryMs,
    failedReadsOfKnown: figures.failedReadsOfKnown,
    duringShare: Math.round((100 * figures.during.writesPerSecond) / before) / 100,
    afterShare: Math.round((100 * figures.after.writesPerSecond) / before) / 100,
  };
  return marks.map((mark) => {
    const value = known[mark.figure] ?? Number.NaN;
    const { most = Infinity, least = -Infinity } = mark;
    return { ...mark, value, met: value <= most && value >= least };
  });
}

function save(result: Result, { folder }: RunOptions): Result {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, RESULT_FILE), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}
