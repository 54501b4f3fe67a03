import { Command } from "commander";
import { toHex } from "../../../base/bytes.ts";
import { ADMINISTRATION_ENROL } from "../../../consensus/wire/write-set.ts";
import type { FolderOptions } from "../connect-folder.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, folderOption, keyOption, publicKeyArgument, timeoutOption } from "../options.ts";

interface WriterAddOptions extends FolderOptions {
  readonly operator: string;
  readonly to: string;
}

export function writerAddCommand(frame: Frame): Command {
  return finished(
    new Command("add")
      .description("let a key write, or change where it may, as an operator's ordered operation")
      .addArgument(publicKeyArgument())
      .requiredOption("--operator <name>", "to whom it belongs; one who has many keys counts once")
      .requiredOption(
        "--to <grants>",
        "namespaces, by commas; ns/beginning for names that begin so; * for everywhere",
      )
      .addOption(folderOption())
      .addOption(keyOption("operator"))
      .addOption(timeoutOption())
      .action(async (key: string, options: WriterAddOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { readPublicKey } = await import("../read-public-key.ts");
        const subject = readPublicKey(key);
        const { operator } = options;
        const grants = options.to.split(",").map((grant) => grant.trim());
        const action = ADMINISTRATION_ENROL;
        const { sequence } = await withClient(options, "operator", (client) =>
          client.administer("", { action, subject, operator, namespaces: grants }),
        );
        const publicKey = toHex(subject);
        frame.terminal.result({ publicKey, operator, grants, sequence }, [
          `enrolled ${publicKey}  of ${operator}  writes to ${grants.join(" ")}`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    [
      "writer add ./alice.json --operator berlin --to main,pull-requests",
      "writer add ./ci.json --operator oslo --to main/linux-",
    ],
  );
}
