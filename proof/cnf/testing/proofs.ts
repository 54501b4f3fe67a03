import { concatBytes } from "../../../base/bytes.ts";
import type { CheckResult } from "../../frame/check-result.ts";
import { judged } from "../../frame/stop.ts";
import { canonicalCnf } from "../canonical/canonical-cnf.ts";
import type { CanonicalFormula } from "../canonical/canonical-cnf.ts";
import { cnf1, CNF_BUDGET } from "../cnf-1.ts";
import { ClausalElaboration } from "../elaborate/clausal-elaboration.ts";
import type { ClausalReader } from "../elaborate/clausal-reader.ts";
import { BinaryLratReader } from "../lrat/binary-lrat-reader.ts";
import { LratChecker } from "../lrat/lrat-checker.ts";
import type { LratReader } from "../lrat/lrat-reader.ts";
import { textNumbering } from "../lrat/numbering.ts";
import { encodeModel, REFUTATION } from "../proof-bytes.ts";
import { solveCnf } from "../solver/cdcl-solver.ts";
import { parsed, wideMeter } from "./sample-formulas.ts";
import type { Clauses } from "./sample-formulas.ts";

const FUEL = 2e8;

export interface Solved {
  readonly canonical: CanonicalFormula;
  readonly verdict: "sat" | "unsat" | "unknown";
  /** As it would be stored. */
  readonly proof: Uint8Array;
}

export function solved(clauses: Clauses): Solved {
  const canonical = canonicalCnf(parsed(clauses).formula, wideMeter());
  const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
  const formula = { variableCount: canonical.variableCount, ...canonical.clauses };
  const sink = (chunk: Uint8Array): void => void chunks.push(chunk);
  const solution = solveCnf(formula, { fuelMax: FUEL, sink }, wideMeter());
  const proof = solution.verdict === "sat" ? encodeModel(solution.model) : concatBytes(...chunks);
  return { canonical, verdict: solution.verdict, proof };
}

export function checkStored(payload: Uint8Array, proof: Uint8Array): CheckResult {
  return cnf1.check({ payload, proof, cited: () => undefined }, CNF_BUDGET);
}

/** Of a proof in the text's own numbers, in pieces of this size. */
export function checkLrat(
  clauses: Clauses,
  proof: Uint8Array,
  makeReader: (meter: ReturnType<typeof wideMeter>) => LratReader,
  pieceSize = 1 << 16,
): CheckResult<undefined> {
  return judged(() => {
    const meter = wideMeter();
    const { formula, variables } = parsed(clauses);
    const checker = new LratChecker({
      meter,
      reader: makeReader(meter),
      numbering: textNumbering(variables),
      formulaBytes: formula.byteCount,
      literalCount: 0,
      clauseCount: 0,
    });
    checker.addOriginals(formula);
    for (let at = 0; at < proof.length; at += pieceSize) {
      checker.push(proof.subarray(at, at + pieceSize));
    }
    checker.finish();
    return undefined;
  });
}

export const binaryReader = (meter: ReturnType<typeof wideMeter>): LratReader =>
  new BinaryLratReader(meter);

/** A stored proof of what a clausal one shows. */
export function elaborated(
  clauses: Clauses,
  proof: Uint8Array,
  makeReader: (meter: ReturnType<typeof wideMeter>) => ClausalReader,
): CheckResult<{ readonly canonical: CanonicalFormula; readonly stored: Uint8Array }> {
  return judged(() => {
    const meter = wideMeter();
    const { formula, variables } = parsed(clauses);
    const canonical = canonicalCnf(formula, meter);
    const input = { canonical, variables, meter };
    const elaboration = new ClausalElaboration(input, makeReader(meter));
    for (let at = 0; at < proof.length; at += 1000) {
      elaboration.push(proof.subarray(at, at + 1000));
    }
    const chunks: Uint8Array[] = [Uint8Array.of(REFUTATION)];
    elaboration.finish((chunk) => void chunks.push(chunk));
    return { canonical, stored: concatBytes(...chunks) };
  });
}
