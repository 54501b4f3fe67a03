import type { ProofTrust } from "../cli/proof-trust.ts";
import type { SolverProofForm } from "../../client/proof/cnf-report.ts";
import type { SetupWords } from "../../client/resolve/resolve-setup.ts";

export interface SatQuestion {
  readonly formulaFile: string;
  /** Where a proof goes when there is no model. */
  readonly proofFile: string | undefined;
  readonly proofForm: SolverProofForm;
  readonly signal: AbortSignal;
}

export type SatAnswer =
  | { readonly verdict: "unsat"; readonly trust?: ProofTrust }
  /** Signed numbers of the text's variables. */
  | { readonly verdict: "sat"; readonly model: Int32Array; readonly trust?: ProofTrust }
  | { readonly verdict: "unknown" }
  /** The formula is none, or more than this machine's bounds allow. */
  | { readonly verdict: "refused"; readonly reason: string; readonly offset: number };

/** Whoever answers: in earnest the pipeline. `explain` is told each step, as it is for people. */
export type SatProver = (
  question: SatQuestion,
  setup: SetupWords,
  explain: ((line: string) => void) | undefined,
) => Promise<SatAnswer>;
