import { readFileSync } from "node:fs";
import { COMMAND_TABLE, GROUP_SUMMARIES } from "./command-table.ts";
import type { CommandEntry } from "./command-table.ts";
import { EXIT_OK } from "./exit-codes.ts";
import type { Frame } from "./frame.ts";
import { buildProgram } from "./program.ts";
import { reportError } from "./report-error.ts";
import { Terminal } from "./terminal.ts";

const ALIVE_MS = 60_000;

/**
 * Runs one command line and ends the process with its exit code. Another room that has commands of
 * its own hands its table in.
 */
export async function main(
  argv: readonly string[],
  table: readonly CommandEntry[] = COMMAND_TABLE,
): Promise<never> {
  ignoreClosedPipes();
  const terminal = new Terminal({
    json: argv.includes("--json"),
    environment: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
  });
  const frame: Frame = { terminal, environment: process.env, exitCode: EXIT_OK };
  // A library's timers do not hold a process; while a command waits for its answer, this one does.
  const alive = setInterval(() => undefined, ALIVE_MS);
  let exitCode: number;
  try {
    const program = await buildProgram(frame, versionOfPackage(), argv, table);
    await program.parseAsync(argv, { from: "user" });
    exitCode = frame.exitCode;
  } catch (error) {
    exitCode = reportError(error, terminal, nameOf(argv));
  }
  clearInterval(alive);
  await Promise.all([drained(process.stdout), drained(process.stderr)]);
  // The verdict is out: a socket that still closes must not hold the caller.
  process.exit(exitCode);
}

/** For hints: the command without its options and arguments. */
function nameOf(argv: readonly string[]): string {
  const [first = "", second = ""] = argv;
  const words = GROUP_SUMMARIES.has(first) ? [first, second] : [first];
  return ["quorate", ...words.filter((word) => /^[a-z]+$/.test(word))].join(" ");
}

/** Beside dist/ in a package, beside cluster/ in the sources. */
function versionOfPackage(): string {
  for (const up of ["../../../", "../../"]) {
    try {
      const text = readFileSync(new URL(`${up}package.json`, import.meta.url), "utf8");
      return (JSON.parse(text) as { readonly version: string }).version;
    } catch {
      // One of the two places has it.
    }
  }
  return "unknown";
}

/** `quorate ls | head -1` closes our stdout early; that is no error of ours. */
function ignoreClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
}

function drained(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.closed) resolve();
    else stream.write("", () => resolve());
  });
}
