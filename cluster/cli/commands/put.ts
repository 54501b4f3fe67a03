import { Argument, Command } from "commander";
import { toHex } from "../../../base/bytes.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import {
  finished,
  folderOption,
  keyOption,
  keyArgument,
  namespaceArgument,
  parseWhole,
  timeoutOption,
} from "../options.ts";
import type { FolderOptions } from "../connect-folder.ts";

interface PutCommandOptions extends FolderOptions {
  readonly ttl: number;
}

export function putCommand(frame: Frame): Command {
  return finished(
    new Command("put")
      .description("write an entry and wait until a quorum has certified it")
      .addArgument(namespaceArgument())
      .addArgument(keyArgument())
      .addArgument(new Argument("<file>", "the value; - is standard input"))
      .addOption(folderOption())
      .option("--ttl <seconds>", "how long it is served; 0 is for ever", parseWhole, 0)
      .addOption(keyOption("writer"))
      .addOption(timeoutOption())
      .action(async (namespace: string, key: string, file: string, options: PutCommandOptions) => {
        const { withClient } = await import("../connect-folder.ts");
        const { readInput } = await import("../read-input.ts");
        const value = await readInput(file, process.stdin);
        const result = await withClient(options, "writer", (client) =>
          client.put(namespace, key, value, { ttlMs: options.ttl * 1000 }),
        );
        const digest = result.digest ? toHex(result.digest) : null;
        const { size, sequence, outcome } = result;
        frame.terminal.result(
          { namespace, key, digest, size, sequence, hlc: result.time.toString(), outcome },
          [`${outcome} ${namespace}/${key}  ${size} bytes  sha256 ${digest}  sequence ${sequence}`],
        );
        if (outcome === "pending") {
          frame.terminal.note("not served yet: the namespace's policy asks for more operators");
        }
        frame.exitCode = EXIT_OK;
      }),
    ["put default greeting ./hello.txt", "put --ttl 3600 default today -  < report.txt"],
  );
}
