import { Command } from "commander";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_MISS, EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  keyArgument,
  namespaceArgument,
  timeoutOption,
} from "../options.ts";

export function deleteCommand(frame: Frame): Command {
  return finished(
    new Command("delete")
      .description("withdraw this writer's votes for an entry, as an ordered operation")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .addOption(folderOption())
      .addOption(keyOption("writer"))
      .addOption(timeoutOption())
      .action(async (namespace: string, key: string, options: FolderOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { terminal } = frame;
        try {
          const { sequence, time } = await withClient(options, "writer", (client) =>
            client.delete(namespace, key),
          );
          const hlc = time.toString();
          terminal.result({ namespace, key, deleted: true, sequence, hlc }, [
            `withdrawn ${namespace}/${key}  sequence ${sequence}`,
          ]);
          frame.exitCode = EXIT_OK;
        } catch (error) {
          if (!isNothingThere(error)) throw error;
          terminal.result({ namespace, key, deleted: false }, []);
          terminal.note(`nothing of this writer's stands at ${namespace}/${key}`);
          frame.exitCode = EXIT_MISS;
        }
      }),
    ["delete default greeting"],
  );
}

function isNothingThere(error: unknown): boolean {
  return error instanceof QuorateError && error.code === "NOTHING_TO_WITHDRAW";
}
