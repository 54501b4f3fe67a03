import { Command } from "commander";
import { COMMAND_TABLE, GROUP_SUMMARIES } from "./command-table.ts";
import type { CommandEntry } from "./command-table.ts";
import type { Frame } from "./frame.ts";

/**
 * The command line's grammar. With `words` only the command that they name is loaded; without, or
 * when they name none, all are, for the help.
 */
export async function buildProgram(
  frame: Frame,
  version: string,
  words: readonly string[],
  table: readonly CommandEntry[] = COMMAND_TABLE,
): Promise<Command> {
  const program = new Command("quorate")
    .description("A remote cache that nobody can poison.")
    .version(version)
    .addHelpText(
      "after",
      "\nExample:\n  $ quorate up --detach\n  $ quorate put default greeting ./hello.txt\n" +
        "  $ quorate get default greeting\n\n" +
        "To judge the cluster itself: quorate simulate --help, quorate history check --help.\n\nEach command has its own --help. Exit codes: docs/exit-codes.md.",
    );
  const groups = new Map<string, Command>();
  for (const entry of wanted(words, table)) {
    const command = (await entry.load())(frame);
    const parent = entry.words.length === 1 ? program : groupOf(entry.words[0], groups, program);
    parent.addCommand(command);
  }
  strict(program, frame);
  return program;
}

function wanted(words: readonly string[], table: readonly CommandEntry[]): readonly CommandEntry[] {
  const first = words.find((word) => !word.startsWith("-"));
  const found = table.filter((entry) => entry.words[0] === first);
  return found.length > 0 ? found : table;
}

function groupOf(name: string, groups: Map<string, Command>, program: Command): Command {
  // A command may have others below it: `disputes` and `disputes resolve`.
  const known = groups.get(name) ?? program.commands.find((command) => command.name() === name);
  if (known) return known;
  const group = new Command(name).description(GROUP_SUMMARIES.get(name) ?? "");
  groups.set(name, group);
  program.addCommand(group);
  return group;
}

/** Errors are thrown instead of printed: one place words them and chooses the exit code. */
function strict(command: Command, frame: Frame): void {
  command
    .exitOverride()
    // What stands behind `disputes resolve` is that command's, though `disputes` has a --dir, too.
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .configureOutput({
      outputError: () => undefined,
      writeErr: (text) => frame.terminal.note(text.trimEnd()),
    });
  for (const child of command.commands) strict(child, frame);
}
