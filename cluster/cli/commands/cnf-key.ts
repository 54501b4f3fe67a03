import { Command } from "commander";
import { exhaustedLines, refusedLines } from "../cnf-lines.ts";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck } from "../metamath-lines.ts";
import { finished } from "../options.ts";

export function cnfKeyCommand(frame: Frame): Command {
  return finished(
    new Command("key")
      .description("print the key under which equal formulas meet, whatever their names and order")
      .argument("<file>", "the formula, in DIMACS CNF")
      .action(async (file: string) => {
        const { keyOfCnf } = await import("../../../client/proof/run-cnf.ts");
        const report = await keyOfCnf(file);
        frame.exitCode = exitCodeOfCheck(report);
        if (!("kind" in report)) frame.terminal.result(report, exhaustedLines(report));
        else if (report.refused !== undefined) {
          frame.terminal.result(report, refusedLines(report.refused));
        } else {
          frame.terminal.result(report, [report.key ?? ""]);
          if (report.strength === "weak") {
            frame.terminal.note("weak: too symmetric to name it surely; an equal one may miss it");
          }
        }
      }),
    ["cnf key formula.cnf", "cnf key --json formula.cnf"],
  );
}
