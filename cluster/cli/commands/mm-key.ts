import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck, metamathLines } from "../metamath-lines.ts";
import { metamathProgress } from "../metamath-progress.ts";
import { finished } from "../options.ts";

export function mmKeyCommand(frame: Frame): Command {
  return finished(
    new Command("key")
      .description("print the key under which equal statements meet, whatever their names")
      .argument("<file>", "the database, a .mm file")
      .argument("<label>", "an axiom or theorem in it")
      .action(async (file: string, label: string) => {
        const { verifyMetamath } = await import("../../../client/proof/verify-metamath.ts");
        const onProgress = await metamathProgress(frame.terminal, file);
        const report = await verifyMetamath(file, label, { onProgress });
        // A statement has its key whatever becomes of the database's proofs.
        if ("asked" in report && report.asked !== undefined) {
          frame.terminal.result(report.asked, [report.asked.key]);
          frame.exitCode = EXIT_OK;
          return;
        }
        frame.terminal.result(report, metamathLines(file, report));
        frame.exitCode = exitCodeOfCheck(report);
      }),
    ["mm key set.mm 2p2e4"],
  );
}
