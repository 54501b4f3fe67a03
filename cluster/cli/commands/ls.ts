import { Command } from "commander";
import type { Client } from "../../../client/types.ts";
import { PAGE_COUNT_MAX } from "../../../consensus/limits.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  namespaceArgument,
  parsePositive,
  timeoutOption,
} from "../options.ts";

interface LsCommandOptions extends FolderOptions {
  readonly prefix: string;
  readonly after: string;
  readonly limit: number;
}

/** A screenful many times over, and little memory. */
const LIMIT_DEFAULT = 1000;

export function lsCommand(frame: Frame): Command {
  return finished(
    new Command("ls")
      .description("list a namespace's entries in the order of their names")
      .addArgument(namespaceArgument())
      .addOption(folderOption())
      .option("--prefix <text>", "only names that begin with it", "")
      .option("--after <key>", "only names after this one", "")
      .option("--limit <count>", "at most so many", parsePositive, LIMIT_DEFAULT)
      .addOption(timeoutOption())
      .action(async (namespace: string, options: LsCommandOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { entryJson } = await import("../../../client/gateway/api/entry-json.ts");
        const { rows, next, sequence } = await withClient(options, "reader", (client) =>
          collect(client, namespace, options),
        );
        const entries = rows.map((row) => entryJson(row, undefined));
        frame.terminal.result(
          { namespace, sequence, entries, next: next ?? null },
          entries.map(({ key, size, digest, kind }) =>
            [digest.slice(0, 12), String(size).padStart(10), kind.padEnd(18), key].join("  "),
          ),
        );
        if (next !== undefined) frame.terminal.note(`more: --after ${JSON.stringify(next)}`);
        frame.exitCode = EXIT_OK;
      }),
    ["ls default", "ls default --prefix lib/ --limit 20 --json"],
  );
}

async function collect(
  client: Client,
  namespace: string,
  options: LsCommandOptions,
): Promise<{ rows: readonly EntryRow[]; next: string | undefined; sequence: number }> {
  const rows: EntryRow[] = [];
  let after = options.after;
  for (;;) {
    const limit = Math.min(PAGE_COUNT_MAX, options.limit - rows.length);
    const page = await client.list(namespace, { prefix: options.prefix, after, limit });
    rows.push(...page.entries);
    const { next, sequence } = page;
    if (next === undefined || rows.length >= options.limit) return { rows, next, sequence };
    after = next;
  }
}
