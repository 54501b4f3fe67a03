import type { CheckResult } from "../../../proof/frame/check-result.ts";
import type { Evidence } from "../../../proof/frame/proof-kind.ts";
import type { Budget } from "../../../proof/frame/budget.ts";
import { cnf1 } from "../../../proof/cnf/cnf-1.ts";
import { metamath1 } from "../../../proof/metamath/metamath-1.ts";

/** What the pipeline needs of a kind: not its texts, only its canonical payloads and proofs. */
export interface CheckedKind {
  readonly id: string;
  readonly checkerVersion: number;
  readonly budget: Budget;
  readonly check: (evidence: Evidence, budget: Budget) => CheckResult;
}

const KINDS: ReadonlyMap<string, CheckedKind> = new Map(
  [cnf1, metamath1].map((kind): [string, CheckedKind] => [kind.id, kind]),
);

export function checkedKind(id: string): CheckedKind | undefined {
  return KINDS.get(id);
}
