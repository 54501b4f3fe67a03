import { Command } from "commander";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished, parsePositive, parseWhole } from "../../../cluster/cli/options.ts";
import { OUT_DEFAULT } from "./chaos-run.ts";

/** A run of an hour is judged call by call: it need not be as fast as it can. */
const PAUSE_MS = 20;

export function chaosSoakCommand(frame: Frame): Command {
  return finished(
    new Command("soak")
      .description("one cluster under all faults at random; 0 when every verdict holds")
      .option("--minutes <count>", "for so long", parsePositive, 10)
      .option("--seed <seed>", "of the schedule", parseWhole, 1)
      .option("--out <folder>", "where the result goes", OUT_DEFAULT)
      .action(async (options: { minutes: number; seed: number; out: string }) => {
        const { soakOf } = await import("../../experiments/soak.ts");
        const { PACE_DEFAULT } = await import("../../experiments/run-experiment.ts");
        const { runMany } = await import("../run-many.ts");
        await runMany(frame, {
          work: [{ experiment: soakOf(options.minutes), seed: options.seed }],
          out: options.out,
          keepAll: false,
          expectNotRun: [],
          pace: { ...PACE_DEFAULT, pauseMs: PAUSE_MS },
        });
      }),
    ["chaos soak --minutes 60"],
  );
}
