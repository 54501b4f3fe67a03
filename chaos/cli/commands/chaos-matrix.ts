import { Command } from "commander";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";

interface Options {
  readonly out: string;
  readonly resume?: string;
  readonly only?: string;
  readonly reps?: number;
  readonly seed: number;
  readonly expectNotRun?: string;
  readonly peers?: boolean;
  readonly into?: string;
}

const OUT_DEFAULT = "chaos-matrix";

export function chaosMatrixCommand(frame: Frame): Command {
  return finished(
    new Command("matrix")
      .description("all experiments, a peer beside them, and the report")
      .option("--out <folder>", "where results and report go", OUT_DEFAULT)
      .option("--resume <folder>", "go on there: what has a result is not run again")
      .option("--only <names>", "these experiments, by commas")
      .option("--reps <count>", "so many of each, instead of its own number", parsePositive)
      .option("--seed <seed>", "of each first repetition", parseWhole, 1)
      .option("--expect-not-run <names>", "what this machine is known not to run, by commas")
      .option("--no-peers", "do not kill and pause the leader of etcd beside")
      .option("--into <file>", "put the report into this document, behind its marker")
      .action(async (options: Options) => {
        const { runMatrix } = await import("../run-matrix.ts");
        await runMatrix(frame, {
          out: options.resume ?? options.out,
          resume: options.resume !== undefined,
          only: namesOf(options.only),
          reps: options.reps,
          seed: options.seed,
          expectNotRun: namesOf(options.expectNotRun) ?? [],
          peers: options.peers !== false,
          into: options.into,
        });
      }),
    ["chaos matrix --out matrix", "chaos matrix --resume matrix --only power-cut,bit-rot"],
  );
}

function namesOf(text: string | undefined): readonly string[] | undefined {
  return text?.split(",").map((name) => name.trim());
}
