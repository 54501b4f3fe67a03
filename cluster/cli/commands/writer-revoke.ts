import { Command } from "commander";
import { toHex } from "../../../base/bytes.ts";
import type { PublicKey } from "../../../base/types.ts";
import type { Client } from "../../../client/types.ts";
import {
  ADMINISTRATION_CONTINUE,
  ADMINISTRATION_RETIRE,
  ADMINISTRATION_REVOKE,
} from "../../../consensus/wire/write-set.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, keyOption, publicKeyArgument, timeoutOption } from "../options.ts";

interface WriterRevokeOptions extends FolderOptions {
  readonly keepEntries?: boolean;
}

export function writerRevokeCommand(frame: Frame): Command {
  return finished(
    new Command("revoke")
      .description("take a key's right to write, and withdraw what only it vouched for")
      .addArgument(publicKeyArgument())
      .option("--keep-entries", "its votes go on counting: it leaves, and did nothing wrong")
      .addOption(folderOption())
      .addOption(keyOption("operator"))
      .addOption(timeoutOption())
      .action(async (key: string, options: WriterRevokeOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { readPublicKey } = await import("../read-public-key.ts");
        const subject = readPublicKey(key);
        const isKept = options.keepEntries === true;
        const sequence = await withClient(options, "operator", (client) =>
          isKept ? retire(client, subject) : revoke(client, subject),
        );
        const publicKey = toHex(subject);
        const what = isKept ? "its entries stay" : "what only it vouched for is withdrawn";
        frame.terminal.result({ publicKey, entriesKept: isKept, sequence }, [
          `revoked ${publicKey}: ${what}`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["writer revoke ./alice.json", "writer revoke ./alice.json --keep-entries"],
  );
}

async function retire(client: Client, subject: PublicKey): Promise<number> {
  return (await client.administer("", { action: ADMINISTRATION_RETIRE, subject })).sequence;
}

/**
 * The key's right ends at once. Its votes go some entries at a time, with whatever is executed; an
 * idle cluster executes nothing, so this gives it something until they are gone.
 */
async function revoke(client: Client, subject: PublicKey): Promise<number> {
  await client.administer("", { action: ADMINISTRATION_REVOKE, subject });
  for (;;) {
    const step = await client.administer("", { action: ADMINISTRATION_CONTINUE, subject });
    if (step.outcome === "accepted") return step.sequence;
  }
}
