import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../base/assert.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { reportError } from "./report-error.ts";
import { Terminal } from "./terminal.ts";

function report(error: unknown, command = "quorate put"): { exitCode: number; text: string } {
  let text = "";
  const sink = { write: (part: string) => void (text += part) };
  const terminal = new Terminal({ json: false, environment: {}, stdout: sink, stderr: sink });
  return { exitCode: reportError(error, terminal, command), text };
}

describe("each error has its exit code", () => {
  it.each([
    ["PORT_IN_USE", 64],
    ["UP_ALREADY_RUNNING", 64],
    ["KEY_FILE_EXISTS", 64],
    ["KEY_FILE_MODE", 66],
    ["NOT_A_CLUSTER_FOLDER", 66],
    ["GENESIS_INVALID", 66],
    ["CLUSTER_UNREACHABLE", 69],
    ["CLUSTER_NOT_READY", 69],
    ["NO_FRESH_CERTIFICATE", 69],
    ["OUTCOME_UNKNOWN", 75],
    ["DIFFERS", 1],
    ["NOT_ALLOWED", 1],
    ["STORE_COMMIT_FAILED", 70],
    ["SOMETHING_NEVER_HEARD_OF", 70],
  ])("%s is %i", (code, exitCode) => {
    const told = report(new QuorateError(code, "what", "do"));
    expect(told).toEqual({ exitCode, text: `error ${code}: what\nhint: do\n` });
  });

  it("a broken invariant is our own fault, told with its stack", () => {
    const { exitCode, text } = report(new InvariantError("no", { a: 1 }));
    expect(exitCode).toBe(70);
    expect(text).toContain("error INVARIANT: broken invariant: no");
    expect(text).toContain("report-error.test.ts");
  });

  it("whatever else is thrown is our own fault too", () => {
    expect(report("a string")).toMatchObject({ exitCode: 70 });
  });
});

describe("usage", () => {
  it("names the command's help, and commander's suggestion", () => {
    const error = new CommanderError(
      1,
      "commander.unknownOption",
      "error: unknown option '--tll'\n(Did you mean --ttl?)",
    );
    expect(report(error)).toEqual({
      exitCode: 64,
      text: "error USAGE: unknown option '--tll' (Did you mean --ttl?)\nhint: see: quorate put --help\n",
    });
  });

  it.each([
    ["quorate frob", "quorate"],
    ["quorate key frob", "quorate key"],
    ["quorate", "quorate"],
  ])("sends from an unknown command in `%s` to the help of `%s`", (command, known) => {
    const error = new CommanderError(1, "commander.unknownCommand", "error: unknown command");
    expect(report(error, command).text).toContain(`hint: see: ${known} --help\n`);
  });

  it.each([
    [
      "help that was asked for is no error",
      new CommanderError(0, "commander.helpDisplayed", ""),
      0,
    ],
    ["help for want of a command is", new CommanderError(1, "commander.help", "(outputHelp)"), 64],
  ])("%s", (_title, error, exitCode) => {
    expect(report(error)).toEqual({ exitCode, text: "" });
  });
});
