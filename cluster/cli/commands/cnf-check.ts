import { Command, Option } from "commander";
import type { CnfProofFormat } from "../../../proof/cnf/proof-format.ts";
import { CNF_PROOF_FORMATS } from "../../../proof/cnf/proof-format.ts";
import { cnfCheckLines } from "../cnf-lines.ts";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck } from "../metamath-lines.ts";
import { finished, parsePositive } from "../options.ts";
import { checkedHere, trustLine } from "../proof-trust.ts";

interface CheckOptions {
  readonly format?: CnfProofFormat;
  readonly memory?: number;
}

const MEGABYTE = 2 ** 20;

export function cnfCheckCommand(frame: Frame): Command {
  return finished(
    new Command("check")
      .description("check a proof or model of a formula; 0 accept, 1 reject, 2 decline, 3 resource")
      .argument("<file>", "the formula, in DIMACS CNF")
      .argument("<proof>", "DRAT, FRAT or LRAT, text or binary; or a solver's s and v lines")
      .addOption(
        new Option("--format <format>", "the proof's, when its first bytes mislead").choices(
          CNF_PROOF_FORMATS,
        ),
      )
      .option("--memory <MiB>", "what may be held at once (default: 144)", parsePositive)
      .action(async (file: string, proof: string, options: CheckOptions) => {
        const { checkCnf } = await import("../../../client/proof/run-cnf.ts");
        const { format, memory } = options;
        const report = await checkCnf(file, proof, {
          format,
          liveBytesMax: memory === undefined ? undefined : memory * MEGABYTE,
          onProgress: (bytes) =>
            frame.terminal.showLive(`checking: ${Math.round(bytes / MEGABYTE)} MiB`),
        });
        const isAccepted = report.status === "accept";
        const trust = checkedHere(`${proof}, checked here`);
        frame.terminal.result(isAccepted ? { ...report, ...trust } : report, cnfCheckLines(report));
        if (isAccepted) frame.terminal.note(trustLine(trust));
        frame.exitCode = exitCodeOfCheck(report);
      }),
    ["cnf check formula.cnf proof.drat", "cnf check formula.cnf proof.lrat --format lrat"],
  );
}
