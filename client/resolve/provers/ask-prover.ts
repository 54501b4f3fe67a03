import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { utf8 } from "../../../base/bytes.ts";
import type { Exhausted } from "../../../proof/frame/check-result.ts";
import type { ProofAnswer } from "../kernel/resolve-task.ts";
import { runTask } from "../kernel/run-task.ts";
import {
  PROVER_MEMORY_BYTES_MAX,
  PROVER_MS_MAX,
  PROVER_OUTPUT_BYTES_MAX,
  PROVER_SPEECH_BYTES_MAX,
} from "../limits.ts";
import type { Prover, ProverLimits } from "./prover.ts";
import { runProver } from "./run-prover.ts";
import type { ProverEnd } from "./run-prover.ts";

/** What a prover made of a formula: a proof in stored form that nobody has judged yet. */
export type ProverAnswer =
  | { readonly status: "claims"; readonly proof: Uint8Array }
  | { readonly status: "silent"; readonly reason: string }
  | { readonly status: "failed"; readonly reason: string };

const EXIT_SAT = 10;
const EXIT_UNSAT = 20;
const LIMITS: ProverLimits = {
  timeMsMax: PROVER_MS_MAX,
  memoryBytesMax: PROVER_MEMORY_BYTES_MAX,
  outputBytesMax: PROVER_OUTPUT_BYTES_MAX,
};

interface Run {
  readonly prover: Prover;
  readonly payload: Uint8Array;
  readonly signal: AbortSignal;
  readonly proofFile: string;
  readonly answerFile: string;
}

/** Starts a prover on a formula, in a folder of its own that is gone afterwards. */
export async function askProver(
  prover: Prover,
  formula: { readonly text: Uint8Array; readonly payload: Uint8Array },
  signal: AbortSignal,
): Promise<ProverAnswer> {
  const folder = await mkdtemp(join(tmpdir(), "quorate-prover-"));
  try {
    const formulaFile = join(folder, "formula.cnf");
    const [proofFile, answerFile] = [join(folder, "proof"), join(folder, "answer")];
    await writeFile(formulaFile, formula.text);
    const places = new Map([
      ["{formula}", formulaFile],
      ["{proof}", proofFile],
      ["{answer}", answerFile],
    ]);
    const words = prover.arguments.map((word) => places.get(word) ?? word);
    const limits = { ...LIMITS, ...prover.limits };
    const end = await runProver([prover.command, ...words], limits, folder, signal);
    return await read({ prover, payload: formula.payload, signal, proofFile, answerFile }, end);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function read(run: Run, end: ProverEnd): Promise<ProverAnswer> {
  if (end.status !== "ended") return { status: "failed", reason: end.reason };
  if (end.exitCode === EXIT_SAT) return claimOf(await readModel(run, end.output));
  if (end.exitCode !== EXIT_UNSAT) {
    return { status: "silent", reason: `no answer (exit code ${end.exitCode})` };
  }
  const { prover, payload, signal, proofFile } = run;
  if (prover.proofFormat === undefined) {
    return { status: "silent", reason: "it says unsatisfiable and proves nothing" };
  }
  if ((await sizeOf(proofFile)) === undefined) {
    return { status: "failed", reason: "it says unsatisfiable and wrote no proof" };
  }
  const format = prover.proofFormat === "guess" ? undefined : prover.proofFormat;
  const task = { ask: "elaborate", payload, proofFile, format } as const;
  return claimOf(await runTask<ProofAnswer>(task, signal));
}

async function readModel(
  { prover, payload, signal, answerFile }: Run,
  spoken: Uint8Array,
): Promise<ProofAnswer | Exhausted> {
  const output = prover.answerIn === "output" ? spoken : await answerLines(answerFile);
  return runTask<ProofAnswer>({ ask: "model", payload, output }, signal);
}

/** MiniSat's file: `SAT` and the values without their `v`. */
async function answerLines(file: string): Promise<Uint8Array> {
  if (((await sizeOf(file)) ?? Infinity) > PROVER_SPEECH_BYTES_MAX) return new Uint8Array(0);
  const [status = "", values = ""] = (await readFile(file, "latin1")).split("\n");
  return utf8(`s ${status.trim() === "SAT" ? "SATISFIABLE" : status}\nv ${values}\n`);
}

function claimOf(answer: ProofAnswer | Exhausted): ProverAnswer {
  if (answer.status !== "accept") {
    const { status, reason, offset } = answer;
    return { status: "failed", reason: `its proof: ${status} ${reason} at byte ${offset}` };
  }
  if (answer.proof === undefined) return { status: "silent", reason: "no answer" };
  return { status: "claims", proof: answer.proof };
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    () => undefined,
  );
}
