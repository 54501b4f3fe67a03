import { closeSync, openSync } from "node:fs";
import { invariant } from "../../../base/assert.ts";
import { writeFully } from "../../../base/host/atomic-file.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { CheckResult } from "../../../proof/frame/check-result.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import type { Obligation } from "../../../proof/frame/obligation.ts";
import { verifyRenaming } from "../../../proof/frame/renaming.ts";
import { judged } from "../../../proof/frame/stop.ts";
import { canonicalCnf } from "../../../proof/cnf/canonical/canonical-cnf.ts";
import type { CanonicalFormula } from "../../../proof/cnf/canonical/canonical-cnf.ts";
import { falseClause } from "../../../proof/cnf/check-model.ts";
import { CNF_1_ID, CNF_BUDGET, cnf1 } from "../../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../../proof/cnf/dimacs/parse-dimacs.ts";
import type { Formula } from "../../../proof/cnf/formula.ts";
import { PROOF_HEAD_SIZE, decodeModel } from "../../../proof/cnf/proof-bytes.ts";
import type { ProofForm } from "../../../proof/cnf/restore/proof-writer.ts";
import { RestoredProof } from "../../../proof/cnf/restore/restored-proof.ts";
import { FORMULA_BYTES_MAX } from "../../proof/cnf-check-task.ts";
import { readWhole } from "../../proof/read-in-pieces.ts";
import type { CheckedProof } from "../kernel/checked-proof.ts";

/** Pieces in which a proof is translated. */
const PIECE_BYTES = 1 << 16;

/** An asker's formula: the obligation that it is, and the way back from its answers. */
export class CnfQuestion {
  readonly obligation: Obligation;
  /** Weak: right, but an equal formula may have another key. */
  readonly strength: "exact" | "weak";
  readonly #formula: Formula;
  readonly #canonical: CanonicalFormula;

  private constructor(formula: Formula, canonical: CanonicalFormula) {
    this.obligation = { kind: CNF_1_ID, payload: canonical.payload };
    this.strength = canonical.strength;
    this.#formula = formula;
    this.#canonical = canonical;
  }

  /** The renaming is applied again, so that the search for it needs no trust. */
  static read(file: string): CheckResult<CnfQuestion> {
    const meter = new Meter(CNF_BUDGET);
    return judged(() => {
      const { formula } = parseDimacs(readFormula(file), meter);
      const canonical = canonicalCnf(formula, meter);
      invariant(
        verifyRenaming(canonical, (renaming) => cnf1.rename(formula, renaming)),
        "the renaming makes the canonical form",
      );
      return new CnfQuestion(formula, canonical);
    });
  }

  /** Of an accepted model: signed numbers of the text; what occurs in no clause is false. */
  modelOf({ proof }: CheckedProof): Int32Array {
    const { renaming, variableCount } = this.#canonical;
    const model = decodeModel(proof, variableCount);
    const values = Uint8Array.from(renaming.forward, (image) => {
      if (image === 0) return 0;
      const value = model[Math.abs(image) - 1]!;
      return image > 0 ? value : 1 - value;
    });
    invariant(falseClause(this.#formula, values) < 0, "the model makes each clause true");
    return this.#formula.names.map((name, variable) => (values[variable] === 1 ? name : -name));
  }

  /**
   * Writes an accepted refutation in the text's own numbers.
   * @throws QuorateError OUTPUT_UNWRITABLE
   */
  writeRefutation({ proof }: CheckedProof, file: string, form: ProofForm): void {
    const handle = openOutput(file);
    try {
      const restored = new RestoredProof(
        this.#formula,
        this.#canonical,
        form,
        (chunk) => writeFully(handle, chunk),
        new Meter({ stepsMax: Infinity, bytesMax: Infinity, liveBytesMax: Infinity }),
      );
      for (let at = PROOF_HEAD_SIZE; at < proof.length; at += PIECE_BYTES) {
        restored.push(proof.subarray(at, at + PIECE_BYTES));
      }
      restored.finish();
    } finally {
      closeSync(handle);
    }
  }
}

/** Inside of `judged`. @throws QuorateError FILE_UNREADABLE */
function readFormula(file: string): Uint8Array {
  try {
    return readWhole(file, FORMULA_BYTES_MAX);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new QuorateError(
      "FILE_UNREADABLE",
      `${file} could not be read (${code})`,
      "check the name and your right to read it",
      { cause },
    );
  }
}

function openOutput(file: string): number {
  try {
    return openSync(file, "w");
  } catch (cause) {
    throw new QuorateError(
      "OUTPUT_UNWRITABLE",
      `${file} could not be written (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      "check the folder, your rights and the free space",
      { cause },
    );
  }
}
