import { Command } from "commander";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, proofNamespaceOption, timeoutOption } from "../options.ts";
import { checkedHere, trustLine } from "../proof-trust.ts";
import { progressBar } from "../progress-bar.ts";

interface ExportCommandOptions extends FolderOptions {
  readonly namespace: string;
}

export function mmExportCommand(frame: Frame): Command {
  return finished(
    new Command("export")
      .description(
        "write an imported database as text, every proof in it checked; killed and run again, it goes on from <out>.kept",
      )
      .argument("<name>", "what the database is called in the cluster")
      .argument("<out>", "the file to write, a .mm file")
      .addOption(folderOption())
      .addOption(proofNamespaceOption())
      .addOption(timeoutOption())
      .action(async (name: string, out: string, options: ExportCommandOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { exportDatabase } =
          await import("../../../client/proofs/metamath/export-database.ts");
        const { writeTextFile } = await import("../write-output.ts");
        const { terminal } = frame;
        const onProgress = (done: number, total: number): void =>
          terminal.showLive(progressBar("checking", done, total, "statements"));
        const { namespace } = options;
        const keptFile = `${out}.kept`;
        const counts = await withClient(options, "reader", (client) =>
          writeTextFile(out, (onText) =>
            exportDatabase(client, { namespace, name, onProgress, onText, keptFile }),
          ),
        );
        const trust = checkedHere(`network, ${namespace}/${name}; every proof checked here`);
        const { theorems, axioms, repeated } = counts;
        terminal.result({ name, out, ...counts, ...trust, source: "network" }, [
          `${out}: ${theorems} theorems from ${axioms} axioms; ${repeated} labels that repeat others are left out`,
          trustLine(trust),
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["mm export ql ql-again.mm", "mm export set-2021 set.mm --namespace proofs"],
  );
}
