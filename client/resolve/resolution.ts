import type { Hash } from "../../base/types.ts";
import type { Refused } from "../../proof/frame/check-result.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { CheckedProof } from "./kernel/checked-proof.ts";
import type { TierName } from "./tier.ts";

/** What a proof may assume, and what else the asker puts up with. Part of the question. */
export interface ResolvePolicy {
  /** Permitted axioms; undefined: whatever axioms a proof rests on. */
  readonly theory?: Theory | undefined;
  /** May end in `deferred`. Default false. */
  readonly defer?: boolean | undefined;
}

export interface ResolveOptions {
  readonly policy?: ResolvePolicy | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told each step as it ends. */
  readonly explain?: ((step: StepReport) => void) | undefined;
}

/** What one tier answered, and how long it took. */
export interface StepReport {
  readonly tier: TierName;
  /** `ended`: another one was faster. */
  readonly status: "found" | "nothing" | "failed" | "ended";
  /** Why not, or who had it. */
  readonly reason: string;
  readonly ms: number;
  readonly refused: readonly RefusedClaim[];
  readonly notes: readonly string[];
}

/** A claim that this machine's kernel did not accept. */
export interface RefusedClaim {
  readonly from: string;
  readonly refused: Refused;
}

export type Resolution = Proved | Deferred | Unresolved;

export interface Proved {
  readonly status: "proved";
  readonly key: Hash;
  readonly proof: CheckedProof;
  readonly tier: TierName;
  readonly from: string;
  /** This machine's kernel has accepted it, and all that it rests on. */
  readonly grade: "checked-here";
  readonly confidence: 1;
  readonly steps: readonly StepReport[];
  /** Settles when it is known where the proof was published; never rejects. */
  readonly published: Promise<readonly PublishReport[]>;
}

export interface PublishReport {
  readonly to: string;
  readonly outcome: "published" | "failed" | "not-worth-it";
  readonly reason: string | undefined;
}

/** Open: nobody has proved it, and the caller checks at each use. Never certified. */
export interface Deferred {
  readonly status: "deferred";
  readonly key: Hash;
  readonly steps: readonly StepReport[];
  /**
   * Of a formula: whether these values (1 true, by canonical variable) make every clause true.
   * Undefined for kinds that have no such check.
   */
  readonly holdsFor: ((values: ArrayLike<number>) => boolean) | undefined;
}

export interface Unresolved {
  readonly status: "unresolved";
  readonly key: Hash;
  readonly steps: readonly StepReport[];
}
