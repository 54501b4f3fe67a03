import type { Cost, Refused } from "../../proof/frame/check-result.ts";
import type { CnfProofFormat } from "../../proof/cnf/proof-format.ts";

/** What a cnf worker is asked. Files are read by the worker, as far as its budget goes. */
export type CnfTask =
  | {
      readonly ask: "check";
      readonly formulaFile: string;
      readonly proofFile: string;
      /** Undefined: guessed by the proof's first bytes. */
      readonly format: CnfProofFormat | undefined;
      readonly liveBytesMax: number;
    }
  | { readonly ask: "key"; readonly formulaFile: string }
  | {
      readonly ask: "solve";
      readonly formulaFile: string;
      /** Where a proof goes, as it is found. */
      readonly proofFile: string | undefined;
      readonly proofForm: SolverProofForm;
      readonly fuelMax: number;
    };

/** About the text's own numbers, or as a cache holds it. */
export type SolverProofForm = "drat" | "drat-binary" | "lrat" | "lrat-binary" | "stored";

/** In which of the two files the offset is. */
export type RefusedIn = Refused & { readonly file: string };

export type CnfReport = CnfCheckReport | CnfKeyReport | CnfSolveReport;

export interface CnfCheckReport {
  readonly status: "accept" | Refused["status"];
  readonly checker: string;
  readonly format: CnfProofFormat | undefined;
  readonly verdict: "sat" | "unsat" | undefined;
  readonly refused: RefusedIn | undefined;
  readonly cost: Cost;
}

export interface CnfKeyReport {
  readonly status: "accept" | Refused["status"];
  readonly kind: string;
  /** Hex. */
  readonly key: string | undefined;
  /** Weak: right, but equal formulas may have another. */
  readonly strength: "exact" | "weak" | undefined;
  readonly variables: number;
  readonly clauses: number;
  readonly refused: RefusedIn | undefined;
}

export interface CnfSolveReport {
  readonly status: "accept" | Refused["status"];
  /** Checked before it is told; unknown when the fuel is spent. */
  readonly verdict: "sat" | "unsat" | "unknown" | undefined;
  /** Of the text's variables, those that are true positive, the others negative. */
  readonly model: Int32Array | undefined;
  readonly proofBytes: number;
  readonly refused: RefusedIn | undefined;
}
