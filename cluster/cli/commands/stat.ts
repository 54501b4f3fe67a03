import { Command } from "commander";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_MISS, EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { byKeyOption, namedKey } from "../named-key.ts";
import type { NamedKeyOptions } from "../named-key.ts";
import {
  finished,
  folderOption,
  keyArgument,
  namespaceArgument,
  timeoutOption,
} from "../options.ts";

export function statCommand(frame: Frame): Command {
  return finished(
    new Command("stat")
      .description("say what the cluster certifies of an entry, without its bytes")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .addOption(folderOption())
      .addOption(byKeyOption())
      .addOption(timeoutOption())
      .action(async (namespace: string, key: string, options: FolderOptions & NamedKeyOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { missReason } = await import("../miss-reason.ts");
        const { entryJson, freshnessJson } =
          await import("../../../client/gateway/api/entry-json.ts");
        const result = await withClient(options, "reader", (client) =>
          client.stat(namespace, namedKey(key, options)),
        );
        const freshness = freshnessJson(result.freshness);
        if (result.status === "miss") {
          const reason = missReason(result);
          const { sequence } = result;
          frame.terminal.result({ found: false, namespace, key, reason, freshness, sequence }, []);
          frame.terminal.note(`certified miss: ${namespace}/${key} is ${reason}`);
          frame.exitCode = EXIT_MISS;
          return;
        }
        const entry = entryJson(result.entry, result.freshness);
        const lines = Object.entries({ ...entry, freshness: `${freshness.ageMs} ms old` });
        frame.terminal.result(
          entry,
          lines.map(([name, value]) => `${name.padEnd(11)} ${String(value)}`),
        );
        frame.exitCode = EXIT_OK;
      }),
    ["stat default greeting", 'stat default --by-key "$(quorate mm key set.mm 2p2e4)" --json'],
  );
}
