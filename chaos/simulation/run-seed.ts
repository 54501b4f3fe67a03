import type { JournalSink } from "../../base/journal/event-scribe.ts";
import { drawPlan } from "./faults/draw-plan.ts";
import type { Plan } from "./faults/plan.ts";
import { Conspiracy } from "./liars/conspiracy.ts";
import { disguiseOf } from "./liars/disguise-of.ts";
import { allCheckers } from "./invariants/all-checkers.ts";
import type { Checker, CheckerFrame } from "./invariants/checker.ts";
import { watchOf } from "./invariants/watch-of.ts";
import { createCluster } from "./simulated-cluster.ts";
import type { SimulatedCluster, Watch } from "./simulated-cluster.ts";
import { JudgedJournal } from "./tape/judged-journal.ts";
import { RunJournal } from "./tape/run-journal.ts";
import { TapeRecorder } from "./tape/tape-recorder.ts";
import type { EnvironmentOf } from "./world/simulated-environment.ts";
import { Violation } from "./world/witness.ts";

/** What became of one run. */
export interface Outcome {
  readonly seed: number;
  /** Undefined: every checker was content. */
  readonly violation: { readonly checker: string; readonly what: string } | undefined;
  /** Equal for two runs exactly if they did the same. */
  readonly hash: string;
  readonly virtualMs: number;
  readonly eventCount: number;
  readonly committedCount: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly marks: Readonly<Record<string, number>>;
  readonly realCrypto: boolean;
  /** How long it took by the clock on the wall; of no meaning for the run. */
  readonly tookMs: number;
}

/** Between looks at whether all is done, once the faults have ended. */
const LOOK_MS = 250;
/** After the healing everything must be done within so long. */
export const PROGRESS_MS_MAX = 60_000;

export function runSeed(seed: number): Promise<Outcome> {
  return runPlan(drawPlan(seed));
}

export async function runPlan(
  plan: Plan,
  recorder?: JournalSink,
  environmentOf?: EnvironmentOf,
): Promise<Outcome> {
  const began = performance.now();
  const { cluster, checkers } = createWatchedCluster(plan, recorder, environmentOf);
  await play(cluster, checkers);
  const { violation, journal } = cluster.world;
  if (violation !== undefined) journal?.violated(violation);
  return outcomeOf(cluster, performance.now() - began);
}

/** A run, and what happened in it as a recording: equal plans give equal bytes. */
export async function recordPlan(
  plan: Plan,
): Promise<{ readonly outcome: Outcome; readonly recording: Uint8Array }> {
  const recorder = new TapeRecorder(plan);
  const outcome = await runPlan(plan, recorder);
  return { outcome, recording: recorder.finish() };
}

/** A cluster with every checker looking on. */
function createWatchedCluster(
  plan: Plan,
  recorder: JournalSink | undefined,
  environmentOf: EnvironmentOf | undefined,
): {
  readonly cluster: SimulatedCluster;
  readonly checkers: readonly Checker[];
} {
  let checkers: readonly Checker[] = [];
  const watch = (frame: CheckerFrame): Watch => {
    const judged = new JudgedJournal(recorder);
    const journal = new RunJournal(frame, judged);
    frame.world.journal = journal;
    // First: what the others find is the last that is written down.
    checkers = [journal, ...allCheckers(frame)];
    const conspiracy = new Conspiracy(frame.world, frame.crypto.hash);
    return {
      ...watchOf(checkers),
      disguiseOf: (index, surroundings) => {
        const names = plan.liars.find((liar) => liar.index === index)?.strategies ?? [];
        return disguiseOf(index, names, surroundings, conspiracy);
      },
    };
  };
  const cluster = createCluster(plan, watch, environmentOf);
  return { cluster, checkers };
}

async function play(cluster: SimulatedCluster, checkers: readonly Checker[]): Promise<void> {
  const { world, plan, replicas, clients, nemesis } = cluster;
  for (const replica of replicas) replica.boot();
  for (const client of clients) client.start();
  cluster.mallory.start();
  cluster.administrator?.start();
  nemesis.schedule(plan.faults);
  const look = (): void => {
    for (const checker of checkers) checker.look?.(replicas);
    world.after(1000, look);
  };
  look();
  const { endMs = Infinity } = plan;
  if (!(await world.runUntil(Math.min(plan.healMs, endMs))) || endMs <= plan.healMs) return;
  nemesis.heal();
  cluster.mallory.end();
  let nowMs = plan.healMs;
  while (nowMs < plan.healMs + PROGRESS_MS_MAX) {
    nowMs += LOOK_MS;
    if (!(await world.runUntil(nowMs)) || nowMs >= endMs) return;
    const mayStall = plan.membership?.mayStall === true;
    if (nowMs >= plan.durationMs && mayStall && !isQuiet(cluster)) {
      world.mark("epoch: too few are left to go on");
      return;
    }
    if (nowMs >= plan.durationMs && isQuiet(cluster)) {
      world.judge(() => {
        for (const checker of checkers) checker.end?.(cluster);
      });
      return;
    }
  }
  world.fail(new Violation("progress after healing", describe(cluster)));
}

function isQuiet({ clients, replicas, nemesis, administrator }: SimulatedCluster): boolean {
  if (!clients.every(({ isDone }) => isDone)) return false;
  if (administrator?.isDone === false || !nemesis.areMembersWhole()) return false;
  const core = replicas.filter(
    (replica) => replica.isCorrect && !nemesis.timeless.has(replica) && nemesis.isMember(replica),
  );
  const sequences = new Set(core.map(({ process }) => process?.state.sequence));
  const certified = core.every(
    ({ process }) =>
      process !== undefined &&
      process.roots.sequence === process.state.sequence &&
      process.fetcher.count === 0,
  );
  return sequences.size === 1 && certified;
}

function describe({ clients, replicas, nemesis, administrator }: SimulatedCluster): string {
  // The administrator is client -1.
  const waiting = clients.filter(({ isDone }) => !isDone).map(({ number }) => number);
  const standing = replicas.map(({ name, process, disguise, amnesia }) => {
    const status = process?.machine.status;
    if (status === undefined) return `${name} down or no member`;
    const { view, active, sequence, certified, transferring } = status;
    const notes = `${disguise?.name ?? ""} ${amnesia ?? ""}${transferring ? " transferring" : ""}`;
    const { epoch } = process?.committee ?? {};
    return `${name} epoch ${epoch} view ${view}${active ? "" : " (leaving)"} at ${sequence}/${certified} ${notes}`;
  });
  if (administrator?.isDone === false) waiting.push(-1);
  const lacking = replicas.filter((replica) => !nemesis.isWholeMember(replica));
  const lack =
    lacking.length === 0 ? "" : `${lacking.map(({ name }) => name).join(", ")} lacks something; `;
  return `clients ${waiting.join(", ")} wait; ${lack}${standing.join("; ")}`;
}

function outcomeOf({ plan, world, clients }: SimulatedCluster, tookMs: number): Outcome {
  const { violation } = world;
  return {
    seed: plan.seed,
    violation: violation && { checker: violation.checker, what: violation.message },
    hash: world.hash.toString(),
    virtualMs: world.nowMs,
    eventCount: world.eventCount,
    committedCount: clients.reduce((sum, { committedCount }) => sum + committedCount, 0),
    faults: Object.fromEntries(world.faults),
    marks: Object.fromEntries(world.marks),
    realCrypto: plan.realCrypto,
    tookMs,
  };
}
