import { Command } from "commander";
import type { Frame } from "../frame.ts";
import { exitCodeOfCheck, metamathLines } from "../metamath-lines.ts";
import { metamathProgress } from "../metamath-progress.ts";
import { finished } from "../options.ts";
import { checkedHere, trustLine } from "../proof-trust.ts";

export function mmVerifyCommand(frame: Frame): Command {
  return finished(
    new Command("verify")
      .description(
        "check every proof of a Metamath database; 0 accept, 1 reject, 2 decline, 3 resource",
      )
      .argument("<file>", "the database, a .mm file")
      .action(async (file: string) => {
        const { verifyMetamath } = await import("../../../client/proof/verify-metamath.ts");
        const onProgress = await metamathProgress(frame.terminal, file);
        const report = await verifyMetamath(file, undefined, { onProgress });
        const isAccepted = report.status === "accept";
        const trust = checkedHere(`${file}, every proof checked here`);
        frame.terminal.result(
          isAccepted ? { ...report, ...trust } : report,
          metamathLines(file, report),
        );
        if (isAccepted) frame.terminal.note(trustLine(trust));
        frame.exitCode = exitCodeOfCheck(report);
      }),
    ["mm verify set.mm", "mm verify --json set.mm"],
  );
}
