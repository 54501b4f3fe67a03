import type { Obligation } from "../../proof/frame/obligation.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { judged } from "../../proof/frame/stop.ts";
import { decodePayload } from "../../proof/cnf/canonical/payload.ts";
import { falseClause } from "../../proof/cnf/check-model.ts";
import { CNF_1_ID, CNF_BUDGET } from "../../proof/cnf/cnf-1.ts";

/** The check at each use that stands in for a proof: of a formula, its clauses are evaluated. */
export function deferral({
  kind,
  payload,
}: Obligation): ((values: ArrayLike<number>) => boolean) | undefined {
  if (kind !== CNF_1_ID) return undefined;
  const formula = judged(() => decodePayload(payload, new Meter(CNF_BUDGET)));
  if (formula.status !== "accept") return undefined;
  return (values) => falseClause(formula.value, values) < 0;
}
