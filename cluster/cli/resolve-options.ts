import { Option } from "commander";
import type { Command } from "commander";
import { parsePositive } from "./options.ts";

/** What `resolve` and `worker` are told of the pipeline, in words. */
export interface PipelineOptions {
  readonly cache?: string;
  readonly provers?: string;
  readonly fuel?: number;
}

export function withPipelineOptions(command: Command): Command {
  return command
    .option("--cache <folder>", "of this machine (default: quorate in the user's cache folder)")
    .option(
      "--provers <names>",
      "cadical, cryptominisat5, minisat, with =command for another file; installed; none",
    )
    .addOption(
      new Option("--fuel <visits>", "of literals, for the built-in solver").argParser(
        parsePositive,
      ),
    );
}
