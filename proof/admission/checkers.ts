import { CNF_1_ID, CNF_BUDGET, cnf1 } from "../cnf/cnf-1.ts";
import { checkerId } from "../frame/budget.ts";
import type { Budget } from "../frame/budget.ts";
import { METAMATH_1 } from "../metamath/database.ts";
import { PROOF_BUDGET, metamath1 } from "../metamath/metamath-1.ts";

/**
 * A minute or two of one core at most, and what an upload of its size takes anyway: far above what
 * a proof worth sharing takes, and no writer holds a replica's checker for longer.
 */
const CNF_ADMISSION_BUDGET: Budget = {
  ...CNF_BUDGET,
  stepsMax: 2 ** 33,
  bytesMax: 2 ** 28,
};

const BUDGETS: ReadonlyMap<string, Budget> = new Map([
  [METAMATH_1, PROOF_BUDGET],
  [CNF_1_ID, CNF_ADMISSION_BUDGET],
]);

const VERSIONS: ReadonlyMap<string, number> = new Map([
  [METAMATH_1, metamath1.checkerVersion],
  [CNF_1_ID, cnf1.checkerVersion],
]);

/** The budget under which replicas admit proofs of this kind; undefined: not a kind of proofs. */
export function admissionBudget(kind: string): Budget | undefined {
  return BUDGETS.get(kind);
}

/**
 * Name, version and budget of the checker that admits this kind here. It stands in each set of
 * proofs, under the semantic digest: replicas that would answer differently never mean one entry.
 */
export function admissionChecker(kind: string): string | undefined {
  const budget = BUDGETS.get(kind);
  const version = VERSIONS.get(kind);
  return budget === undefined || version === undefined
    ? undefined
    : checkerId(kind, version, budget);
}
