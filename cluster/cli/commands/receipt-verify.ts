import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";
import type { VerifyQuestion } from "../../receipt/judge-receipt.ts";

export function receiptVerifyCommand(frame: Frame): Command {
  return finished(
    new Command("verify")
      .description("check a receipt offline; 0 is valid, 1 refused. It speaks of its own time only")
      .requiredOption("--cluster <file>", "the cluster's public file, cluster.json")
      .requiredOption("--receipt <file>", "as `get --receipt` wrote it")
      .option("--value <file>", "also check that these are the bytes it certifies")
      .option("--namespace <name>", "also check that it answers for this namespace")
      .option("--key <key>", "also check that it answers for this key")
      .action(async (question: VerifyQuestion) => {
        const { judgeReceipt } = await import("../../receipt/judge-receipt.ts");
        const judgement = await judgeReceipt(question);
        if (!judgement.valid) {
          const { code, reason } = judgement;
          frame.terminal.result(judgement, [`refused ${code}: ${reason}`]);
          frame.exitCode = EXIT_REFUSED;
          return;
        }
        const { kind, absence, namespace, key, time, sequence, entry } = judgement;
        const what = kind === "presence" ? "is there" : `is not served: ${absence}`;
        frame.terminal.result(judgement, [
          `valid: at ${time}, after sequence ${sequence}`,
          `  ${namespace}/${key} ${what}`,
          ...(entry === null
            ? []
            : [`  sha256 ${entry.digest}  ${entry.size} bytes  ${entry.kind}`]),
        ]);
        frame.exitCode = EXIT_OK;
      }),
    [
      "receipt verify --cluster cluster.json --receipt hello.receipt",
      "receipt verify --cluster cluster.json --receipt hello.receipt --value hello.txt",
    ],
  );
}
