import { spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { RESULT_FILE } from "../experiments/result.ts";
import type { Result } from "../experiments/result.ts";
import type { Ledger } from "../ledger/ledger.ts";

export type ApartResult = Pick<Result, "status" | "why" | "verdicts">;

export interface ApartRun {
  /** The folder of the build: its `bin` and `dist` are run. */
  readonly project: string;
  readonly experiment: string;
  readonly seed: number;
  readonly out: string;
  readonly signal: AbortSignal;
  readonly ledger: Ledger;
}

/** A run that has not ended by then is told to; it heals and removes what it made. */
const RUN_MS_MAX = 15 * 60_000;
const SAID_CHARS_MAX = 2_000;

/** One repetition by the command of another build, as a person would run it there. */
export async function runApart(run: ApartRun): Promise<ApartResult> {
  const out = resolve(run.out);
  const folder = join(out, run.experiment, `seed-${run.seed}`);
  rmSync(folder, { recursive: true, force: true });
  const said = await toItsEnd(run, out);
  try {
    return JSON.parse(readFileSync(join(folder, RESULT_FILE), "utf8")) as Result;
  } catch {
    // It broke off before it could judge.
    return {
      status: "failed",
      verdicts: [{ name: "the run comes to its end", holds: false, detail: said }],
    };
  }
}

async function toItsEnd(
  { project, experiment, seed, signal, ledger }: ApartRun,
  out: string,
): Promise<string> {
  const words = ["chaos", "run", experiment, "--seed", `${seed}`, "--out", out, "--json"];
  const child = spawn(process.execPath, [join(project, "bin", "quorate.js"), ...words], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  ledger.noteProcess(child.pid);
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = `${said}${text.toString()}`.slice(-SAID_CHARS_MAX);
  });
  const end = (): void => void child.kill("SIGTERM");
  const timer = setTimeout(end, RUN_MS_MAX);
  signal.addEventListener("abort", end);
  await new Promise((ended) => child.once("close", ended));
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
  return said;
}
