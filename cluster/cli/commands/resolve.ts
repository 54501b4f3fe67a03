import { Command, Option } from "commander";
import type { SolverProofForm } from "../../../client/proof/cnf-report.ts";
import type { Resolution } from "../../../client/resolve/resolution.ts";
import { RESOLVE_MODES } from "../../../client/resolve/mode.ts";
import { EXIT_INPUT, EXIT_OK, EXIT_UNDECIDED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, parseNamespace, parseWhole, timeoutOption } from "../options.ts";
import { missJson, missLines, resolutionJson, resolutionLines } from "../resolve-lines.ts";
import { withPipelineOptions } from "../resolve-options.ts";
import type { PipelineOptions } from "../resolve-options.ts";

export interface ResolveCommandOptions extends PipelineOptions {
  readonly label?: string;
  readonly dir?: string;
  readonly cluster?: string;
  readonly key?: string;
  readonly namespace: string;
  readonly timeout: number;
  readonly mode?: string;
  readonly order?: string;
  readonly recording?: string;
  readonly peers?: string;
  readonly wait: number;
  readonly defer?: true;
  readonly proof?: string;
  readonly form: Exclude<SolverProofForm, "stored">;
  readonly explain?: true;
  readonly explainMiss?: true;
}

const FORMS = ["drat", "drat-binary", "lrat", "lrat-binary"] as const;

export function resolveCommand(frame: Frame): Command {
  const command = new Command("resolve")
    .description("find a proof: known ones, peers, this machine's solvers, the cluster's workers")
    .argument("<file>", "a formula in DIMACS CNF, or a Metamath database and --label")
    .option("--label <label>", "the theorem that is asked for")
    .option("--dir <folder>", "the folder of a cluster of this machine")
    .option("--cluster <file>", "the public file of any other cluster")
    .option("--key <file>", "the writer's key that publishes, if not the folder's")
    .option("--namespace <namespace>", "where proofs lie", parseNamespace, "default")
    .addOption(new Option("--mode <mode>", "default: read-write").choices(RESOLVE_MODES))
    .option("--order <order>", "network-first, local-first, or tiers separated by commas")
    .option("--recording <folder>", "of the modes record and replay")
    .option("--peers <peers>", "gateways to ask, host:port, separated by commas")
    .option("--wait <seconds>", "for the cluster's workers", parseWhole, 0)
    .option("--defer", "leave it open when nobody proves it; it is to be checked at each use")
    .option("--proof <out>", "where to put a refutation, in the file's own numbers")
    .addOption(new Option("--form <form>", "of it").choices(FORMS).default("drat-binary"))
    .option("--explain", "print each tier's answer and time")
    .option("--explain-miss", "when nothing is known: the nearest known obligation");
  return finished(
    withPipelineOptions(command)
      .addOption(timeoutOption())
      .action(async (file: string, options: ResolveCommandOptions) => {
        const { resolveFile } = await import("../resolve-file.ts");
        const ran = await resolveFile(file, options);
        if ("refused" in ran) {
          const { status, reason, offset } = ran.refused;
          frame.terminal.result(ran, [`${status} ${reason}`, `  ${file} (offset ${offset})`]);
          frame.exitCode = EXIT_INPUT;
          return;
        }
        const { resolution, published, miss, model } = ran;
        const told = { ...resolutionJson(resolution, published), ...missJson(miss), model };
        frame.terminal.result(told, [
          ...resolutionLines(resolution, published, options.explain === true),
          ...missLines(miss),
        ]);
        frame.exitCode = exitCodeOfResolution(resolution);
      }),
    ["resolve formula.cnf --explain", "resolve set.mm --label wnew --dir .quorate"],
  );
}

function exitCodeOfResolution({ status }: Resolution): number {
  return status === "proved" ? EXIT_OK : EXIT_UNDECIDED;
}
