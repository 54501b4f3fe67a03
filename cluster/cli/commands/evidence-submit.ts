import { Command } from "commander";
import { ADMINISTRATION_QUARANTINE } from "../../../consensus/wire/write-set.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, keyOption, timeoutOption } from "../options.ts";

export function evidenceSubmitCommand(frame: Frame): Command {
  return finished(
    new Command("submit")
      .description("have a proven liar quarantined, as an ordered operation; any writer may")
      .argument("<file>", "from a replica's evidence/ folder, or from its /evidence/")
      .addOption(folderOption())
      .addOption(keyOption("writer"))
      .addOption(timeoutOption())
      .action(async (file: string, options: FolderOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { clusterFolder } = await import("../../cluster-folder.ts");
        const { judgeEvidence, readEvidence } = await import("../../evidence/judge-evidence.ts");
        // Looked at here first: who made a mistake hears it without asking the cluster.
        const verdict = await judgeEvidence(clusterFolder(options.dir).clusterFile, file);
        if (!verdict.valid) {
          frame.terminal.result(verdict, [`refused ${verdict.code}: ${verdict.reason}`]);
          frame.exitCode = EXIT_REFUSED;
          return;
        }
        const evidence = readEvidence(file);
        const action = ADMINISTRATION_QUARANTINE;
        const { sequence } = await withClient(options, "writer", (client) =>
          client.administer("", { action, evidence }),
        );
        const { accused, what } = verdict;
        frame.terminal.result({ quarantined: accused, what, sequence }, [
          `quarantined replica ${accused.join(", ")}: ${what}`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["evidence submit author-1-0123456789abcdef.evidence"],
  );
}
