import type { Hash } from "../../base/types.ts";

/**
 * What a checker says of a text or a proof. Only `reject` is evidence against it; none of them ever
 * says that the obligation is false.
 */
export type CheckResult<Accepted = Acceptance> =
  | { readonly status: "accept"; readonly value: Accepted }
  | Refused;

export type Refused = Rejected | Declined | Exhausted;

/** The input is wrong, for every checker of this kind and version. */
export interface Rejected {
  readonly status: "reject";
  /** A stable code in kebab case, of the kind's own list. */
  readonly reason: string;
  /** Where in the input that was being read, in bytes from 0. */
  readonly offset: number;
  /** For people: the names and numbers. */
  readonly detail?: string;
}

/** Well formed perhaps, but beyond what this kind covers; says nothing of right or wrong. */
export interface Declined {
  readonly status: "decline";
  /** What it would take, a stable code in kebab case. */
  readonly reason: string;
  readonly offset: number;
  readonly detail?: string;
}

export type BudgetLimit = "steps" | "bytes" | "memory";

/** The budget is spent. Deterministic: it is counted, never timed. */
export interface Exhausted {
  readonly status: "resource";
  readonly reason: BudgetLimit;
  readonly offset: number;
  readonly detail?: string;
}

/** What an accepted proof rests on. */
export interface Acceptance {
  /** Keys of the obligations that the proof cites; each needs a proof or must be an axiom. */
  readonly dependencies: readonly Hash[];
  readonly cost: Cost;
}

/** What a check took, in units that every machine agrees about. */
export interface Cost {
  readonly steps: number;
  readonly bytes: number;
  readonly liveBytesPeak: number;
}
