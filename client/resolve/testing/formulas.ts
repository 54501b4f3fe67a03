import { utf8 } from "../../../base/bytes.ts";
import type { Obligation } from "../../../proof/frame/obligation.ts";
import { Meter } from "../../../proof/frame/meter.ts";
import { canonicalCnf } from "../../../proof/cnf/canonical/canonical-cnf.ts";
import { CNF_1_ID, CNF_BUDGET } from "../../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../../proof/cnf/dimacs/parse-dimacs.ts";
import { dimacs } from "../../../proof/cnf/testing/sample-formulas.ts";
import type { Clauses } from "../../../proof/cnf/testing/sample-formulas.ts";
import { solvePayload } from "../kernel/solve-payload.ts";
import type { ProofRecord } from "../proof-record.ts";

/** The obligation that a formula is, whatever its disguise. */
export function obligationOf(clauses: Clauses): Obligation {
  const meter = new Meter(CNF_BUDGET);
  const { formula } = parseDimacs(utf8(dimacs(clauses)), meter);
  return { kind: CNF_1_ID, payload: canonicalCnf(formula, meter).payload };
}

/** With a true proof, found here. */
export function recordOf(clauses: Clauses, fuelMax = 2e8): ProofRecord {
  const obligation = obligationOf(clauses);
  const answer = solvePayload(obligation.payload, fuelMax);
  if (answer.status !== "accept" || answer.proof === undefined) throw new Error("not solved");
  return { obligation, proof: answer.proof, cited: [] };
}

/** The same claim with a proof that is none. */
export function falsified(record: ProofRecord): ProofRecord {
  const proof = record.proof.slice();
  proof[proof.length >>> 1]! ^= 0x15;
  return { ...record, proof: proof.subarray(0, proof.length - 1) };
}
