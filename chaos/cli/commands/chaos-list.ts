import { Command } from "commander";
import type { Frame } from "../../../cluster/cli/frame.ts";
import { finished } from "../../../cluster/cli/options.ts";

export function chaosListCommand(frame: Frame): Command {
  return finished(
    new Command("list")
      .description("the experiments, and which of them cannot be run on this machine")
      .action(async () => {
        const { CATALOGUE } = await import("../../experiments/catalogue.ts");
        const experiments = CATALOGUE.map((experiment) => ({
          name: experiment.name,
          summary: experiment.summary,
          isFounding: experiment.isFounding === true,
          repetitions: experiment.repetitions,
          lacks: experiment
            .faults()
            .map((fault) => fault.available())
            .find((why) => why !== undefined),
        }));
        const width = Math.max(...experiments.map(({ name }) => name.length));
        frame.terminal.result(
          { experiments },
          experiments.map(
            ({ name, summary, lacks }) =>
              `${name.padEnd(width)}  ${summary}${lacks === undefined ? "" : ` (not here: ${lacks})`}`,
          ),
        );
      }),
    ["chaos list"],
  );
}
