import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { runSat } from "./run-sat.ts";
import { pipelineProver } from "./pipeline-prover.ts";

const ALIVE_MS = 60_000;
/** As a shell tells of a program that ended by a signal. */
const EXIT_TOLD_TO_END = 143;

/** Runs one command line of quorate-sat and ends the process. */
export async function main(argv: readonly string[]): Promise<never> {
  const alive = setInterval(() => undefined, ALIVE_MS);
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  let folder: string | undefined;
  const keepInput = async (): Promise<string> => {
    folder = mkdtempSync(join(tmpdir(), "quorate-sat-"));
    const file = join(folder, "input.cnf");
    await pipeline(process.stdin, createWriteStream(file));
    return file;
  };
  // Callers end a solver when they have waited enough; then its provers end, too.
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(name, () => process.exit(EXIT_TOLD_TO_END));
  }
  let exitCode: number;
  try {
    const remark = (line: string): void => void process.stderr.write(`${line}\n`);
    const streams = { print, remark, version: versionOfPackage(), keepInput };
    exitCode = await runSat(argv, pipelineProver(), streams);
  } catch (error) {
    process.stderr.write(`c error: ${error instanceof Error ? error.stack : String(error)}\n`);
    exitCode = 70;
  }
  clearInterval(alive);
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  await new Promise<void>((resolve) => process.stdout.write("", () => resolve()));
  process.exit(exitCode);
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
