import { Command } from "commander";
import { EXIT_OK, EXIT_REFUSED } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function evidenceVerifyCommand(frame: Frame): Command {
  return finished(
    new Command("verify")
      .description("check evidence against replicas offline; 0 it convicts, 1 it proves nothing")
      .requiredOption("--cluster <file>", "the cluster's public file, cluster.json")
      .argument("<file>", "from a replica's evidence/ folder, or from its /evidence/")
      .action(async (file: string, { cluster }: { readonly cluster: string }) => {
        const { judgeEvidence } = await import("../../evidence/judge-evidence.ts");
        const verdict = await judgeEvidence(cluster, file);
        if (!verdict.valid) {
          frame.terminal.result(verdict, [`refused ${verdict.code}: ${verdict.reason}`]);
          frame.exitCode = EXIT_REFUSED;
          return;
        }
        const { accused, what } = verdict;
        const who =
          accused.length > 0
            ? `signed by replica ${accused.join(", ")}`
            : "more than f replicas lied; this does not say which";
        frame.terminal.result(verdict, [`valid: ${what}`, `  ${who}`]);
        frame.exitCode = EXIT_OK;
      }),
    ["evidence verify --cluster cluster.json author-1-0123456789abcdef.evidence"],
  );
}
