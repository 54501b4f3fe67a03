import { Command } from "commander";
import { EXIT_OK } from "../exit-codes.ts";
import type { Frame } from "../frame.ts";
import { finished, parseNamespace, timeoutOption } from "../options.ts";

interface OpenCommandOptions {
  readonly dir?: string;
  readonly cache?: string;
  readonly namespace: string;
  readonly timeout: number;
}

export function openCommand(frame: Frame): Command {
  return finished(
    new Command("open")
      .description("list obligations that nobody has proved; each is to be checked at every use")
      .option("--dir <folder>", "the cluster's folder; without it, this machine's only")
      .option("--cache <folder>", "of this machine (default: quorate in the user's cache folder)")
      .option("--namespace <namespace>", "where proofs lie", parseNamespace, "default")
      .addOption(timeoutOption())
      .action(async (options: OpenCommandOptions) => {
        const { listOpen } = await import("../list-open.ts");
        const open = await listOpen(options);
        const lines = open.map(
          ({ key, kind, where, bytes }) => `${key}  ${kind}  ${bytes} bytes  ${where}`,
        );
        frame.terminal.result({ open }, lines.length === 0 ? ["nothing is open"] : lines);
        frame.exitCode = EXIT_OK;
      }),
    ["open", "open --dir .quorate"],
  );
}
