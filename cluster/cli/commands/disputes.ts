import { Command } from "commander";
import type { Client } from "../../../client/types.ts";
import { ENTRY_DISPUTED } from "../../../consensus/wire/rows.ts";
import type { EntryRow } from "../../../consensus/wire/rows.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, parsePositive, timeoutOption } from "../options.ts";

interface DisputesOptions extends FolderOptions {
  readonly all?: boolean;
  readonly limit: number;
}

const LIMIT_DEFAULT = 1000;

export function disputesCommand(frame: Frame): Command {
  return finished(
    new Command("disputes")
      .description("entries that are served no more because operators differ, and who stands where")
      .option("--all", "also those that are served, or wait, while somebody says otherwise")
      .option("--limit <count>", "at most so many", parsePositive, LIMIT_DEFAULT)
      .addOption(folderOption())
      .addOption(timeoutOption())
      .action(async (options: DisputesOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { contestedJson, contestedLines } = await import("../contested-json.ts");
        const { rows, more } = await withClient(options, "reader", (client) =>
          collect(client, options),
        );
        const disputes = rows.map(contestedJson);
        frame.terminal.result({ disputes, more }, disputes.flatMap(contestedLines));
        if (disputes.length === 0) frame.terminal.note("nothing is disputed");
        if (more) frame.terminal.note(`there are more than ${options.limit}`);
        frame.exitCode = EXIT_OK;
      }),
    ["disputes", "disputes --all --json"],
  );
}

async function collect(
  client: Client,
  { all = false, limit }: DisputesOptions,
): Promise<{ readonly rows: readonly EntryRow[]; readonly more: boolean }> {
  const rows: EntryRow[] = [];
  let after: Uint8Array | undefined;
  do {
    const page = await client.contested(after === undefined ? {} : { after });
    rows.push(...page.entries.filter(({ state }) => all || state === ENTRY_DISPUTED));
    after = page.next;
  } while (after !== undefined && rows.length < limit);
  return { rows: rows.slice(0, limit), more: after !== undefined || rows.length > limit };
}
