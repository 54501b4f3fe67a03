import { describe, expect, it } from "vitest";
import { CHAOS_COMMANDS } from "../../chaos/cli/command-table.ts";
import { COMMAND_TABLE } from "./command-table.ts";
import type { Frame } from "./frame.ts";
import { buildProgram } from "./program.ts";
import { Terminal } from "./terminal.ts";

/** docs/commands.md is what `--help` says. After a wanted change: npx vitest run cluster -u */
const sink = { write: (): void => undefined };
const table = [...COMMAND_TABLE, ...CHAOS_COMMANDS];
const frame: Frame = {
  terminal: new Terminal({ json: true, environment: {}, stdout: sink, stderr: sink }),
  environment: {},
  exitCode: 0,
};

async function helpOf(words: readonly string[]): Promise<string> {
  const program = await buildProgram(frame, "0.0.0", words, table);
  let command = program;
  for (const word of words) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) throw new Error(`no command ${words.join(" ")}`);
    command = child;
  }
  let text = "";
  command.configureOutput({
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => 100,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  return text.trimEnd();
}

const names = table.map(({ words }) => words);

describe("help", () => {
  it.each(names.map((words) => [words.join(" "), words] as const))(
    "of %s shows an example and --json",
    async (name, words) => {
      const text = await helpOf(words);
      expect(text).toContain(`Example:\n  $ quorate ${name}`);
      expect(text).toContain("--json");
    },
  );

  it("has the commands of the contract and no other", () => {
    expect(names.map((words) => words.join(" ")).sort()).toEqual([
      "audit report",
      "cache clean",
      "cache stats",
      "cache verify",
      "causal concurrent",
      "causal history",
      "causal path",
      "causal verify",
      "causal watch",
      "chaos clean",
      "chaos exam",
      "chaos list",
      "chaos matrix",
      "chaos run",
      "chaos soak",
      "chaos watch",
      "cnf check",
      "cnf key",
      "cnf prove",
      "cnf solve",
      "delete",
      "disputes",
      "disputes resolve",
      "doctor",
      "down",
      "evidence submit",
      "evidence verify",
      "explain",
      "gateway",
      "get",
      "history check",
      "history simulate",
      "init",
      "key new",
      "key rotate",
      "ls",
      "member add",
      "member list",
      "member remove",
      "member replace",
      "mm export",
      "mm import",
      "mm key",
      "mm verify",
      "node",
      "open",
      "policy set",
      "policy show",
      "put",
      "receipt verify",
      "resolve",
      "resume",
      "simulate",
      "stat",
      "state",
      "stats",
      "status",
      "time status",
      "up",
      "view",
      "worker",
      "writer add",
      "writer revoke",
    ]);
  });

  it("loads one command's file only", async () => {
    const program = await buildProgram(frame, "0.0.0", ["put", "default", "key", "file"]);
    expect(program.commands.map((command) => command.name())).toEqual(["put"]);
  });

  it("stands in docs/commands.md", async () => {
    const parts = ["# Commands", INTRODUCTION];
    for (const words of names) {
      parts.push(`## quorate ${words.join(" ")}`, `\`\`\`text\n${await helpOf(words)}\n\`\`\``);
    }
    await expect(`${parts.join("\n\n")}\n`).toMatchFileSnapshot("../../docs/commands.md");
  });
});

const INTRODUCTION = `Written from \`--help\` by a test (\`cluster/cli/help.test.ts\`), so it says what the executable does.

Results go to stdout, remarks and errors to stderr. With \`--json\` exactly one object goes to stdout, whatever happens: the result, or \`{"error":{"code","message","hint"}}\`. Exit codes: [exit-codes.md](exit-codes.md). Error codes: [errors.md](errors.md). \`NO_COLOR\` is honoured; in a pipe nothing is coloured and nothing is redrawn.`;
