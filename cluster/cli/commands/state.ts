import { Command } from "commander";
import { toHex } from "../../../base/bytes.ts";
import { hlcFromMs } from "../../../base/hlc.ts";
import type { Hlc } from "../../../base/types.ts";
import { atOption } from "../at-option.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, timeoutOption } from "../options.ts";

interface StateCommandOptions extends FolderOptions {
  readonly at?: Hlc;
}

export function stateCommand(frame: Frame): Command {
  return finished(
    new Command("state")
      .description("the certified state at a time: its sequence, root and span")
      .addOption(folderOption())
      .addOption(atOption("as it was then; now without"))
      .addOption(timeoutOption())
      .action(async (options: StateCommandOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { pastJson, spanText } = await import("../hand-over-past.ts");
        await withClient(options, "reader", async (client) => {
          const result = await client.stateAt(options.at ?? hlcFromMs(Date.now()));
          const { sequence, entryCount, stateRoot, certificate } = result;
          frame.terminal.result(
            {
              ...pastJson(result),
              stateRoot: toHex(stateRoot),
              entries: entryCount,
              certificate: toHex(certificate),
            },
            [
              `sequence    ${sequence}`,
              `root        ${toHex(stateRoot)}`,
              `entries     ${entryCount}`,
              `held        ${spanText(result)}`,
            ],
          );
        });
        frame.exitCode = EXIT_OK;
      }),
    ["state", "state --at 2026-11-21T12:00:00Z --json"],
  );
}
