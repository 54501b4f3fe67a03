import { Command } from "commander";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, timeoutOption } from "../options.ts";

export function policyShowCommand(frame: Frame): Command {
  return finished(
    new Command("show")
      .description("who may write where, and what confirms an entry; proven to be all of it")
      .addOption(folderOption())
      .addOption(timeoutOption())
      .action(async (options: FolderOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { namespaceJson, namespaceLine, writerJson } = await import("../policy-json.ts");
        const policy = await withClient(options, "reader", (client) => client.policy());
        const writers = policy.writers.map(writerJson);
        const namespaces = policy.namespaces.map(namespaceJson);
        const { sequence } = policy;
        frame.terminal.result({ sequence, writers, namespaces }, [
          ...writers.map(({ publicKey, operator, grants, administrator }) =>
            [
              publicKey.slice(0, 16),
              operator.padEnd(12),
              administrator ? "administrator" : "writer       ",
              grants.join(" ") || "writes nowhere",
            ].join("  "),
          ),
          ...namespaces.map(namespaceLine),
          "any other namespace: confirmed by one operator",
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["policy show", "policy show --json"],
  );
}
