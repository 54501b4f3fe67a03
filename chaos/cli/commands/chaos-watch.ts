import { Command, InvalidArgumentError } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, folderOption, parseWhole } from "../../../cluster/cli/options.ts";

interface Options {
  readonly dir: string;
  readonly every: number;
  readonly until?: number;
  readonly out: string;
  readonly seed: number;
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

export function chaosWatchCommand(frame: Frame): Command {
  return finished(
    new Command("watch")
      .description("hurt a cluster that `up` runs, one replica at a time; 0 if nothing was lost")
      .addOption(folderOption())
      .option("--every <time>", "from round to round: 30s, 10m, 1h", parseTime, 10 * 60_000)
      .option("--until <time>", "for so long (default: until ended)", parseTime)
      .option("--out <folder>", "where watch.jsonl and watch.json go", "chaos-watch")
      .option("--seed <seed>", "of the schedule", parseWhole, 1)
      .action((options: Options) => watch(frame, options)),
    ["chaos watch --dir .quorate --every 10m"],
  );
}

async function watch(frame: Frame, { dir, every, until, out, seed }: Options): Promise<void> {
  const { Prng } = await import("../../../base/prng.ts");
  const { watchCluster } = await import("../../experiments/watch-cluster.ts");
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const timer = until === undefined ? undefined : setTimeout(stop, until);
  const summary = await watchCluster({
    ...{ folder: dir, out, everyMs: every, prng: new Prng(seed), signal: stopping.signal },
    onRound: ({ rounds, survived, recoveryMaxMs }) => {
      frame.terminal.showLive(`${survived} of ${rounds} survived, slowest ${recoveryMaxMs} ms`);
    },
  });
  clearTimeout(timer);
  const { rounds, survived, recoveryP50Ms, recoveryMaxMs } = summary;
  frame.terminal.result(summary, [
    `${survived} of ${rounds} rounds survived; recovery p50 ${recoveryP50Ms} ms, max ${recoveryMaxMs} ms`,
  ]);
  frame.exitCode = survived === rounds ? EXIT_OK : EXIT_REFUSED;
}

function parseTime(text: string): number {
  const match = /^(\d{1,6})([smh])$/.exec(text);
  if (match === null) throw new InvalidArgumentError("Write it like 30s, 10m or 1h.");
  return Number(match[1]) * UNIT_MS[match[2]!]!;
}
