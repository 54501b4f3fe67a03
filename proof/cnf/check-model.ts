import type { Meter } from "../frame/meter.ts";
import { reject } from "../frame/stop.ts";
import type { CanonicalCnf } from "./canonical/payload.ts";
import { PROOF_HEAD_SIZE, decodeModel } from "./proof-bytes.ts";

/** A model makes a literal of each clause true. */
export function checkModel(formula: CanonicalCnf, proof: Uint8Array, meter: Meter): void {
  const { variableCount, literals, starts } = formula;
  meter.spend(literals.length + proof.length);
  const size = PROOF_HEAD_SIZE + Math.ceil(variableCount / 8);
  if (proof.length !== size) reject("model-size", Math.min(size, proof.length));
  const spare = 8 * (size - PROOF_HEAD_SIZE) - variableCount;
  if (spare > 0 && proof.at(-1)! >>> (8 - spare) !== 0) reject("model-size", size - 1);
  meter.hold(variableCount);
  const model = decodeModel(proof, variableCount);
  const fault = falseClause({ literals, starts }, model);
  if (fault >= 0) reject("model-leaves-clause-false", PROOF_HEAD_SIZE, `clause ${fault + 1}`);
}

/** The first clause with no true literal, −1 for none; `model[variable]` is 1 for true. */
export function falseClause(
  { literals, starts }: Pick<CanonicalCnf, "literals" | "starts">,
  model: ArrayLike<number>,
): number {
  for (let clause = 0; clause + 1 < starts.length; clause++) {
    let at = starts[clause]!;
    while (at < starts[clause + 1]! && model[literals[at]! >>> 1] === (literals[at]! & 1)) at++;
    if (at === starts[clause + 1]) return clause;
  }
  return -1;
}
