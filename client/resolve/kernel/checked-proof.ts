import type { Hash } from "../../../base/types.ts";
import type { Cost, Refused } from "../../../proof/frame/check-result.ts";
import type { ProofRecord } from "../proof-record.ts";

declare const checked: unique symbol;

/** A record that this machine's kernel has accepted. Made in kernel.ts and nowhere else. */
export interface CheckedProof extends ProofRecord {
  readonly [checked]: true;
  readonly key: Hash;
  /** What a formula turned out to be; undefined for kinds in which a proof has one meaning. */
  readonly verdict: "sat" | "unsat" | undefined;
  /** Keys of what it cites; each proved here too, or an axiom that the policy permits. */
  readonly dependencies: readonly Hash[];
  /** All that it rests on, itself through all that it cites; ascending. */
  readonly axioms: readonly Hash[];
  readonly cost: Cost;
}

/** `refused.reason` may also be one of the pipeline's own: see kernel.ts. */
export type Judgement =
  | { readonly status: "accept"; readonly proof: CheckedProof }
  | { readonly status: "refuse"; readonly refused: Refused };
