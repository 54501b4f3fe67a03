import type { Acceptance, Refused } from "../../../proof/frame/check-result.ts";
import type { CnfProofFormat } from "../../../proof/cnf/proof-format.ts";

/** What the pipeline's thread is asked. Formulas are canonical payloads. */
export type ResolveTask =
  | {
      readonly ask: "check";
      readonly kind: string;
      readonly payload: Uint8Array;
      readonly proof: Uint8Array;
      readonly cited: readonly Uint8Array[];
    }
  | { readonly ask: "solve"; readonly payload: Uint8Array; readonly fuelMax: number }
  | {
      readonly ask: "elaborate";
      readonly payload: Uint8Array;
      /** About the payload's formula, variables counted from 1. */
      readonly proofFile: string;
      readonly format: CnfProofFormat | undefined;
    }
  | { readonly ask: "model"; readonly payload: Uint8Array; readonly output: Uint8Array };

export type CheckAnswer = { readonly status: "accept"; readonly acceptance: Acceptance } | Refused;

/** `proof` in stored form, not yet judged; undefined: the fuel is spent. */
export type ProofAnswer =
  | { readonly status: "accept"; readonly proof: Uint8Array | undefined }
  | Refused;
