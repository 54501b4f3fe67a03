import { Command, Option } from "commander";
import { modelLines } from "../../sat/run-sat.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_INPUT, EXIT_OK, EXIT_UNDECIDED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  proofNamespaceOption,
  timeoutOption,
} from "../options.ts";
import { resolutionJson, resolutionLines } from "../resolve-lines.ts";
import { withPipelineOptions } from "../resolve-options.ts";
import type { PipelineOptions } from "../resolve-options.ts";
import type { ResolveCommandOptions } from "./resolve.ts";

interface ProveOptions extends FolderOptions, PipelineOptions {
  readonly namespace: string;
  readonly proof?: string;
  readonly form: ResolveCommandOptions["form"];
}

const FORMS = ["drat", "drat-binary", "lrat", "lrat-binary"] as const;
/** What the cluster knows is not proved again; what nobody knows is worth a solver's time. */
const ORDER = "network,local,tier1,tier2";

export function cnfProveCommand(frame: Frame): Command {
  const command = new Command("prove")
    .description("ask the cluster for a proof about a formula, else find one here and publish it")
    .argument("<file>", "the formula, in DIMACS CNF")
    .addOption(folderOption())
    .addOption(proofNamespaceOption())
    .option("--proof <out>", "where to put a refutation, in the file's own numbers")
    .addOption(new Option("--form <form>", "of it").choices(FORMS).default("drat-binary"))
    .addOption(keyOption("writer"));
  return finished(
    withPipelineOptions(command)
      .addOption(timeoutOption())
      .action(async (file: string, options: ProveOptions) => {
        const { resolveFile } = await import("../resolve-file.ts");
        const ran = await resolveFile(file, { ...options, order: ORDER, wait: 0 });
        if ("refused" in ran) {
          const { status, reason, offset } = ran.refused;
          frame.terminal.result(ran, [`${status} ${reason}`, `  ${file} (offset ${offset})`]);
          frame.exitCode = EXIT_INPUT;
          return;
        }
        const { resolution, published, model } = ran;
        frame.terminal.result({ ...resolutionJson(resolution, published), model }, [
          ...resolutionLines(resolution, published, false),
          ...(model === undefined ? [] : modelLines(Int32Array.from(model))),
        ]);
        frame.exitCode = resolution.status === "proved" ? EXIT_OK : EXIT_UNDECIDED;
      }),
    ["cnf prove formula.cnf", "cnf prove formula.cnf --proof formula.drat --dir .quorate"],
  );
}
