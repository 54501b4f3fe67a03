import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  parseNamespace,
  parsePositive,
  timeoutOption,
} from "../options.ts";
import { withPipelineOptions } from "../resolve-options.ts";
import type { PipelineOptions } from "../resolve-options.ts";

export interface WorkerCommandOptions extends PipelineOptions {
  readonly dir: string;
  readonly key?: string;
  readonly namespace: string;
  readonly timeout: number;
  readonly lease?: number;
}

export function workerCommand(frame: Frame): Command {
  const command = new Command("worker")
    .description("prove what lies open in a cluster, one obligation at a time, under leases")
    .addOption(folderOption())
    .addOption(keyOption("writer"))
    .option("--namespace <namespace>", "where proofs lie", parseNamespace, "default")
    .option("--lease <seconds>", "how soon others take over when this worker dies", parsePositive);
  return finished(
    withPipelineOptions(command)
      .addOption(timeoutOption())
      .action(async (options: WorkerCommandOptions) => {
        const { runWorker } = await import("../run-worker.ts");
        const { untilToldToEnd } = await import("../until-told-to-end.ts");
        const told = untilToldToEnd();
        const counts = await runWorker(options, told, ({ event, key, reason }) =>
          frame.terminal.note(`${event} ${key.slice(0, 16)} ${reason}`),
        );
        frame.terminal.result(counts, [`solved ${counts.solved}, unsolved ${counts.unsolved}`]);
        frame.exitCode = EXIT_OK;
      }),
    ["worker --dir .quorate", "worker --provers cadical=/opt/cadical/bin/cadical"],
  );
}
