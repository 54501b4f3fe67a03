import { Command, Option } from "commander";
import type { SolverProofForm } from "../../../client/proof/cnf-report.ts";
import { modelLines } from "../../sat/run-sat.ts";
import { exhaustedLines, refusedLines } from "../cnf-lines.ts";
import { EXIT_UNDECIDED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck } from "../metamath-lines.ts";
import { finished, parsePositive } from "../options.ts";
import { checkedHere, trustLine } from "../proof-trust.ts";

interface SolveOptions {
  readonly proof?: string;
  readonly form: SolverProofForm;
  readonly fuel: number;
}

/** Visits of literals: some minutes. */
const FUEL_DEFAULT = 10_000_000_000;
const FORMS: readonly SolverProofForm[] = ["drat", "drat-binary", "lrat", "lrat-binary", "stored"];

export function cnfSolveCommand(frame: Frame): Command {
  return finished(
    new Command("solve")
      .description("ask the built-in solver, and check its answer; 3 when its fuel is spent")
      .argument("<file>", "the formula, in DIMACS CNF")
      .option("--proof <out>", "where to put a proof that it is unsatisfiable")
      .addOption(new Option("--form <form>", "of the proof").choices(FORMS).default("lrat-binary"))
      .option(
        "--fuel <visits>",
        "give up after so many visits of literals",
        parsePositive,
        FUEL_DEFAULT,
      )
      .action(async (file: string, { proof, form, fuel }: SolveOptions) => {
        const { solveCnfFile } = await import("../../../client/proof/run-cnf.ts");
        const report = await solveCnfFile(file, {
          proofFile: proof,
          proofForm: form,
          fuelMax: fuel,
        });
        if (!("verdict" in report)) frame.terminal.result(report, exhaustedLines(report));
        else if (report.refused !== undefined) {
          frame.terminal.result(report, refusedLines(report.refused));
        } else {
          const model = report.model === undefined ? undefined : [...report.model];
          const values = report.model === undefined ? [] : modelLines(report.model);
          const isKnown = report.verdict !== "unknown";
          const trust = checkedHere("the built-in solver, checked here");
          frame.terminal.result({ ...report, model, ...(isKnown && trust) }, [
            report.verdict ?? "",
            ...values,
          ]);
          if (isKnown) frame.terminal.note(trustLine(trust));
        }
        const isUnknown = "verdict" in report && report.verdict === "unknown";
        frame.exitCode = isUnknown ? EXIT_UNDECIDED : exitCodeOfCheck(report);
      }),
    ["cnf solve formula.cnf", "cnf solve formula.cnf --proof formula.lrat --form lrat"],
  );
}
