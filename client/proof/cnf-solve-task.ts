import { closeSync, openSync, writeSync } from "node:fs";
import { invariant } from "../../base/assert.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { judged } from "../../proof/frame/stop.ts";
import { canonicalCnf } from "../../proof/cnf/canonical/canonical-cnf.ts";
import type { CanonicalFormula } from "../../proof/cnf/canonical/canonical-cnf.ts";
import { falseClause } from "../../proof/cnf/check-model.ts";
import { CNF_BUDGET, CnfCheck } from "../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../proof/cnf/dimacs/parse-dimacs.ts";
import type { Formula } from "../../proof/cnf/formula.ts";
import type { ProofSink } from "../../proof/cnf/lrat/binary-lrat-writer.ts";
import { encodeModel, REFUTATION } from "../../proof/cnf/proof-bytes.ts";
import { RestoredProof } from "../../proof/cnf/restore/restored-proof.ts";
import { solveCnf } from "../../proof/cnf/solver/cdcl-solver.ts";
import type { Solution } from "../../proof/cnf/solver/cdcl-solver.ts";
import { FORMULA_BYTES_MAX } from "./cnf-check-task.ts";
import type { CnfSolveReport, CnfTask } from "./cnf-report.ts";
import { readWhole } from "./read-in-pieces.ts";

type SolveTask = Extract<CnfTask, { ask: "solve" }>;

/** Solves the canonical form, so that one formula in many disguises has one proof. */
export function solveTask(task: SolveTask): CnfSolveReport {
  const meter = new Meter(CNF_BUDGET);
  const output = new ProofFile(task.proofFile);
  try {
    const result = judged(() => {
      const { formula } = parseDimacs(readWhole(task.formulaFile, FORMULA_BYTES_MAX), meter);
      const canonical = canonicalCnf(formula, meter);
      const solution = solveChecked(task, formula, canonical, output, meter);
      const model =
        solution.verdict === "sat" ? restoreModel(formula, canonical, solution) : undefined;
      if (solution.verdict === "sat" && task.proofForm === "stored") {
        output.write(encodeModel(solution.model));
      }
      return { verdict: solution.verdict, model };
    });
    const { verdict, model } =
      result.status === "accept" ? result.value : { verdict: undefined, model: undefined };
    return {
      status: result.status,
      verdict,
      model,
      proofBytes: output.size,
      refused: result.status === "accept" ? undefined : { ...result, file: task.formulaFile },
    };
  } finally {
    output.close();
  }
}

/** The checker reads along while the solver writes: what it does not accept is never an answer. */
function solveChecked(
  task: SolveTask,
  formula: Formula,
  canonical: CanonicalFormula,
  output: ProofFile,
  meter: Meter,
): Solution {
  const check = new CnfCheck(canonical.payload, CNF_BUDGET);
  const head = Uint8Array.of(REFUTATION);
  check.push(head);
  const restored =
    task.proofForm === "stored" || task.proofFile === undefined
      ? undefined
      : new RestoredProof(
          formula,
          canonical,
          task.proofForm,
          (chunk) => output.write(chunk),
          meter,
        );
  let isFirst = true;
  const sink: ProofSink = (chunk) => {
    check.push(chunk);
    restored?.push(chunk);
    if (task.proofForm === "stored") {
      if (isFirst) output.write(head);
      isFirst = false;
      output.write(chunk);
    }
  };
  const cnf = { variableCount: canonical.variableCount, ...canonical.clauses };
  const solution = solveCnf(cnf, { fuelMax: task.fuelMax, sink }, meter);
  if (solution.verdict === "unsat") {
    if (isFirst && task.proofForm === "stored") output.write(head);
    check.finish();
    restored?.finish();
  } else output.restart();
  return solution;
}

/** Signed numbers of the text; a variable that occurs in no clause that matters is false. */
function restoreModel(
  formula: Formula,
  { renaming }: CanonicalFormula,
  { model }: { readonly model: Uint8Array },
): Int32Array {
  const values = Uint8Array.from(renaming.forward, (image) => {
    if (image === 0) return 0;
    const value = model[Math.abs(image) - 1]!;
    return image > 0 ? value : 1 - value;
  });
  invariant(falseClause(formula, values) < 0, "the model makes each clause true");
  return formula.names.map((name, variable) => (values[variable] === 1 ? name : -name));
}

class ProofFile {
  readonly #file: string | undefined;
  #handle: number | undefined;
  size = 0;

  constructor(file: string | undefined) {
    this.#file = file;
    this.restart();
  }

  /** What was written of a proof that leads nowhere is dropped. */
  restart(): void {
    this.close();
    this.size = 0;
    if (this.#file === undefined) return;
    try {
      this.#handle = openSync(this.#file, "w");
    } catch (cause) {
      throw new QuorateError(
        "OUTPUT_UNWRITABLE",
        `${this.#file} could not be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
        "check the folder, your rights and the free space",
        { cause },
      );
    }
  }

  write(chunk: Uint8Array): void {
    if (this.#handle === undefined) return;
    for (let at = 0; at < chunk.length;) at += writeSync(this.#handle, chunk, at);
    this.size += chunk.length;
  }

  close(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
