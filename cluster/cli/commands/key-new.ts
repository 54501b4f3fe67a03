import { Command } from "commander";
import { resolve } from "node:path";
import { toHex } from "../../../base/bytes.ts";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished } from "../options.ts";

export function keyNewCommand(frame: Frame): Command {
  return finished(
    new Command("new")
      .description("make a secret key that only you can read")
      .argument("<file>", "where to put it; must not exist")
      .action(async (file: string) => {
        const { createKeyFile } = await import("../../../base/host/key-file.ts");
        const path = resolve(file);
        const publicKey = toHex(createKeyFile(path).publicKey);
        frame.terminal.result({ file: path, publicKey }, [
          `key         ${path}`,
          `public key  ${publicKey}`,
        ]);
        frame.exitCode = EXIT_OK;
      }),
    ["key new ./alice.json"],
  );
}
