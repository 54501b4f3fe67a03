import type { Hash } from "../../base/types.ts";
import type { Budget } from "./budget.ts";
import type { CheckResult } from "./check-result.ts";
import type { Canonical, Renaming } from "./renaming.ts";

/**
 * One kind of obligation in one version: its text, its canonical form and its checker. All of it is
 * pure and bounded by the budget; what a text says it contains is never believed.
 *
 * `Question` is what the kind's own parser makes of a text: an asker's obligation with the asker's
 * variables. Replicas never see one: they see canonical payloads and proofs.
 */
export interface ProofKind<Question> {
  /** `name/version`. */
  readonly id: string;
  /** Raised with every change of `check` that answers anything differently. */
  readonly checkerVersion: number;
  readonly budget: Budget;
  readonly schema: Schema;

  /** Of the text in which people keep it (`.mm`, DIMACS); offsets are into that text. */
  readonly parse: (text: Uint8Array, budget: Budget, select?: string) => CheckResult<Question>;
  /** Ends; `weak` when its search was cut short. */
  readonly canonical: (question: Question, budget: Budget) => CheckResult<Canonical>;
  /** The payload that this renaming makes of the question, without any search (verifyRenaming). */
  readonly rename: (question: Question, renaming: Renaming) => Uint8Array;
  /**
   * Whether the bytes are a canonical payload's form at all. A kind that can tell cheaply that it is
   * not the canonical one rejects that too; otherwise an odd payload merely has a key of its own.
   */
  readonly judgePayload: (payload: Uint8Array, budget: Budget) => CheckResult<undefined>;
  /** Offsets are into the proof. */
  readonly check: (evidence: Evidence, budget: Budget) => CheckResult;
}

export interface Evidence {
  readonly payload: Uint8Array;
  readonly proof: Uint8Array;
  /** Payload of a cited obligation of the same kind; undefined rejects the proof. Hashes hold. */
  readonly cited: (key: Hash) => Uint8Array | undefined;
}

/** For people and programs that meet the kind for the first time. */
export interface Schema {
  readonly text: string;
  readonly payload: string;
  readonly proof: string;
  /** Every reason that `reject` and `decline` can name. */
  readonly reasons: readonly string[];
}
