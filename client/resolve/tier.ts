import type { Hash } from "../../base/types.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CheckedProof, Judgement } from "./kernel/checked-proof.ts";
import type { ProofRecord } from "./proof-record.ts";

export type TierName = "network" | "peers" | "local" | "tier1" | "tier2" | "workers";

/**
 * One place where a proof may come from. A lookup has no effect and costs little, so several may
 * run at once; everything else starts only when no lookup has answered.
 */
export interface Tier {
  readonly name: TierName;
  readonly isLookup: boolean;
  /** Never throws but for the signal; what goes wrong is a failure with a reason. */
  readonly try: (question: TierQuestion) => Promise<TierAnswer>;
}

export interface TierQuestion {
  readonly obligation: Obligation;
  readonly key: Hash;
  /** What a proof may assume: part of what is asked of others. Undefined: anything. */
  readonly theory: Theory | undefined;
  readonly signal: AbortSignal;
  /**
   * The only way to a checked proof: the kernel judges what somebody claims, and a refusal is
   * counted against this tier. `from` names who claimed it.
   */
  readonly judge: (claim: ProofRecord, from: string) => Promise<Judgement>;
  /** One line for those who asked to have the steps explained. */
  readonly note: (line: string) => void;
}

export type TierAnswer =
  | { readonly status: "found"; readonly proof: CheckedProof; readonly from: string }
  /** Asked, and there is none. */
  | { readonly status: "nothing"; readonly reason: string }
  /** Could not be asked, or answered wrongly. */
  | { readonly status: "failed"; readonly reason: string };
