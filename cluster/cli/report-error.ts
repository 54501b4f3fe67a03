import { CommanderError } from "commander";
import { QuorateError } from "../../base/quorate-error.ts";
import { EXIT_INTERNAL, EXIT_OK, EXIT_USAGE } from "./exit-codes.ts";
import { exitCodeOf } from "./exit-code-of.ts";
import type { Terminal } from "./terminal.ts";

/** Tells what went wrong, in people's words or as an object, and answers the exit code. */
export function reportError(error: unknown, terminal: Terminal, command: string): number {
  if (error instanceof CommanderError) return reportUsage(error, terminal, command);
  if (error instanceof QuorateError) {
    terminal.failure(error);
    return exitCodeOf(error.code);
  }
  // Not foreseen: the stack is what a maintainer needs, and a person may send it.
  const { code, message } = describe(error);
  terminal.failure({
    code,
    message,
    hint: "this is a fault of quorate itself: please report it with the lines above",
  });
  if (error instanceof Error && error.stack !== undefined) terminal.note(error.stack);
  return EXIT_INTERNAL;
}

/** commander throws for --help and --version too, with exit code 0. */
function reportUsage(error: CommanderError, terminal: Terminal, command: string): number {
  if (error.exitCode === 0) return EXIT_OK;
  // Help was printed because no command was given.
  if (error.code === "commander.help") return EXIT_USAGE;
  const [first = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  // The last word is then no command, and has no help.
  const known = error.code === "commander.unknownCommand" ? command.replace(/ \S+$/, "") : command;
  const suggestion = /\(Did you mean .*\)/.exec(more.join(" "))?.[0];
  terminal.failure({
    code: "USAGE",
    message: suggestion ? `${first} ${suggestion}` : first,
    hint: `see: ${known} --help`,
  });
  return EXIT_USAGE;
}

function describe(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: "INTERNAL", message: String(error) };
  const { code } = error as { readonly code?: unknown };
  return { code: code === "INVARIANT" ? "INVARIANT" : "INTERNAL", message: error.message };
}
