import type { Terminal } from "../../cluster/cli/terminal.ts";
import { TwinsPool } from "../twins/twins-pool.ts";
import { addTally, emptyTally } from "../twins/twins-tally.ts";
import type { TwinsTally } from "../twins/twins-tally.ts";
import { untilInterrupted } from "./until-interrupted.ts";

export interface TwinsOptions {
  readonly count: number;
  readonly from: number;
  readonly jobs: number;
  readonly memberCount: number;
}

export interface TwinsReport {
  readonly json: object;
  readonly lines: readonly string[];
  readonly failureCount: number;
}

/** Between looks at the bar and at Ctrl-C: about a second's work. */
const STRETCH_COUNT = 200;
/** After so many failing scenarios a run says nothing new. */
const FAILURES_MAX = 20;
const BAR_WIDTH = 24;

/** Runs scenarios until they are all run, or somebody says that it is enough. */
export async function runTwins(terminal: Terminal, options: TwinsOptions): Promise<TwinsReport> {
  const { count, from, jobs, memberCount } = options;
  const pool = new TwinsPool(jobs);
  const tally = emptyTally();
  const beganMs = performance.now();
  const before = process.cpuUsage();
  let next = from;
  const work = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && next < from + count && tally.failures.length < FAILURES_MAX) {
      const stretch = {
        memberCount,
        from: next,
        count: Math.min(STRETCH_COUNT, from + count - next),
        untilFailure: false,
      };
      next += stretch.count;
      const done = await pool.run(stretch);
      if (signal.aborted) return;
      addTally(tally, done.tally);
      terminal.showLive(barOf(tally, count, performance.now() - beganMs));
    }
  };
  await untilInterrupted(async (signal) => {
    await Promise.all(Array.from({ length: jobs }, () => work(signal)));
  });
  const { user, system } = process.cpuUsage(before);
  await pool.close();
  return report(tally, options, {
    tookMs: performance.now() - beganMs,
    cpuMs: (user + system) / 1000,
  });
}

function barOf({ count, failures }: TwinsTally, total: number, elapsedMs: number): string {
  const share = Math.min(1, count / total);
  const filled = Math.round(share * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  const leftS = share === 0 ? 0 : Math.round((elapsedMs * (1 - share)) / share / 1000);
  const perMinute = Math.round((count * 60_000) / Math.max(1, elapsedMs));
  return (
    `[${bar}] ${count}/${total} scenarios, ${failures.length} violations, ` +
    `${perMinute} a minute, ${leftS} s left`
  );
}

function report(
  tally: TwinsTally,
  { from, memberCount }: TwinsOptions,
  { tookMs, cpuMs }: { readonly tookMs: number; readonly cpuMs: number },
): TwinsReport {
  const { count, failures, marks, healingRoundsMax, sequenceMax } = tally;
  const perCoreMinute = Math.round((count * 60_000) / Math.max(1, cpuMs));
  const digest = tally.digest.toString(16).padStart(8, "0");
  const seen = Object.entries(marks).sort(([left], [right]) => left.localeCompare(right));
  return {
    failureCount: failures.length,
    json: {
      members: memberCount,
      from,
      scenarios: count,
      violations: failures,
      digest,
      healingRoundsMax,
      sequenceMax,
      marks: Object.fromEntries(seen),
      tookMs: Math.round(tookMs),
      perCoreMinute,
    },
    lines: [
      ...failures.map(
        ({ number, scenario, checker, what }) => `${number}: ${checker}: ${what}\n  ${scenario}`,
      ),
      `${count} scenarios of ${memberCount} members from number ${from} on, digest ${digest}`,
      ...seen.map(
        ([name, many]) => `  ${name}: in ${((100 * many) / Math.max(1, count)).toFixed(1)} %`,
      ),
      `at most ${sequenceMax} batches, and ${healingRoundsMax} rounds from the healing to the end`,
      `${Math.round(tookMs / 1000)} s, ${perCoreMinute} a minute on one core`,
      failures.length === 0 ? "no violation" : `${failures.length} violations`,
    ],
  };
}
