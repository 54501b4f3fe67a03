import { access } from "node:fs/promises";
import { constants } from "node:fs";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Exhausted } from "../../proof/frame/check-result.ts";
import type { CnfProofFormat } from "../../proof/cnf/proof-format.ts";
import type {
  CnfCheckReport,
  CnfKeyReport,
  CnfSolveReport,
  CnfTask,
  SolverProofForm,
} from "./cnf-report.ts";
import { runWorker } from "./run-worker.ts";
import type { WorkerOptions } from "./run-worker.ts";

/**
 * What elaborating a clausal proof may hold: all of its lemmas, unlike checking. With the process
 * itself it stays below 256 MB.
 */
export const ELABORATION_BYTES_MAX: number = 144 * 2 ** 20;

export interface CheckCnfOptions extends WorkerOptions {
  readonly format?: CnfProofFormat | undefined;
  readonly liveBytesMax?: number | undefined;
}

/**
 * Checks a proof or model of a formula on a thread of its own.
 * @throws QuorateError FILE_UNREADABLE
 */
export async function checkCnf(
  formulaFile: string,
  proofFile: string,
  options: CheckCnfOptions = {},
): Promise<CnfCheckReport | Exhausted> {
  await readable(formulaFile);
  await readable(proofFile);
  const { format, liveBytesMax = ELABORATION_BYTES_MAX } = options;
  return run({ ask: "check", formulaFile, proofFile, format, liveBytesMax }, options);
}

/**
 * The key under which equal formulas meet.
 * @throws QuorateError FILE_UNREADABLE
 */
export async function keyOfCnf(
  formulaFile: string,
  options: WorkerOptions = {},
): Promise<CnfKeyReport | Exhausted> {
  await readable(formulaFile);
  return run({ ask: "key", formulaFile }, options);
}

export interface SolveCnfOptions extends WorkerOptions {
  readonly proofFile?: string | undefined;
  readonly proofForm: SolverProofForm;
  /** Visits of literals. */
  readonly fuelMax: number;
}

/**
 * Asks the built-in solver; its answer has been checked.
 * @throws QuorateError FILE_UNREADABLE
 */
export async function solveCnfFile(
  formulaFile: string,
  options: SolveCnfOptions,
): Promise<CnfSolveReport | Exhausted> {
  await readable(formulaFile);
  const { proofFile, proofForm, fuelMax } = options;
  return run({ ask: "solve", formulaFile, proofFile, proofForm, fuelMax }, options);
}

function run<Report>(task: CnfTask, options: WorkerOptions): Promise<Report | Exhausted> {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const file = new URL(`./cnf-worker${extension}`, import.meta.url);
  return runWorker<Report>(file, task, [], options);
}

async function readable(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new QuorateError(
      "FILE_UNREADABLE",
      `${file} could not be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      "check the name and your right to read it",
      { cause },
    );
  });
}
