import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED, EXIT_UNDECIDED } from "../../../cluster/cli/exit-codes.ts";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";
import type { Examined } from "../../exam/run-exam.ts";

interface Options {
  readonly only?: string;
  readonly runs: number;
  readonly seed: number;
  readonly out: string;
}

const OUT_DEFAULT = "chaos-exam";
const RUNS_DEFAULT = 3;

export function chaosExamCommand(frame: Frame): Command {
  return finished(
    new Command("exam")
      .description("plant real bugs into copies of the build; 0 if each is caught where it should")
      .option("--only <names>", "these bugs, by commas")
      .option("--runs <count>", "with each bug before it has escaped", parsePositive, RUNS_DEFAULT)
      .option("--seed <seed>", "of the first run; the next ones count on", parseWhole, 1)
      .option("--out <folder>", "where exam.json and the runs' results go", OUT_DEFAULT)
      .action((options: Options) => exam(frame, options)),
    ["chaos exam", "chaos exam --only skip-the-re-hash"],
  );
}

async function exam(frame: Frame, { only, runs, seed, out }: Options): Promise<void> {
  const { PLANTED_BUGS, plantedBugCalled } = await import("../../exam/planted-bugs.ts");
  const { runExam } = await import("../../exam/run-exam.ts");
  const bugs = only?.split(",").map((name) => plantedBugCalled(name.trim())) ?? PLANTED_BUGS;
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  const examined = await runExam({
    ...{ bugs, out, seed, runsMax: runs, signal: stopping.signal },
    onStep: (what) => frame.terminal.showLive(what),
    onExamined: (one) => frame.terminal.note(lineOf(one)),
  });
  process.off("SIGINT", stop);
  process.off("SIGTERM", stop);
  const caught = examined.filter(({ status }) => status === "caught").length;
  frame.exitCode = exitCodeOf(examined, bugs.length);
  frame.terminal.result({ examined }, [`${caught} of ${bugs.length} planted bugs caught`]);
}

function exitCodeOf(examined: readonly Examined[], wanted: number): number {
  if (examined.some(({ status }) => status === "escaped" || status === "not sound")) {
    return EXIT_REFUSED;
  }
  const all = examined.length === wanted && examined.every(({ status }) => status === "caught");
  return all ? EXIT_OK : EXIT_UNDECIDED;
}

function lineOf({ bug, status, experiment, verdict, seed, runs, detail }: Examined): string {
  if (status === "not run") return `${bug}: not run: ${detail}`;
  if (status === "escaped") return `${bug}: ESCAPED ${experiment} in ${runs} runs: ${verdict}`;
  const where = `${experiment} ${seed ?? ""}`;
  return status === "caught"
    ? `${bug}: caught by ${where}: not so: ${verdict}: ${detail}`
    : `${bug}: ${where} does not hold without the bug either: ${detail}`;
}
