import { solveCnfFile } from "../../client/proof/run-cnf.ts";
import type { SolverProofForm } from "../../client/proof/cnf-report.ts";

export interface SatQuestion {
  readonly formulaFile: string;
  /** Where a proof goes when there is no model. */
  readonly proofFile: string | undefined;
  readonly proofForm: SolverProofForm;
  readonly signal: AbortSignal;
}

export type SatAnswer =
  | { readonly verdict: "unsat" }
  /** Signed numbers of the text's variables. */
  | { readonly verdict: "sat"; readonly model: Int32Array }
  | { readonly verdict: "unknown" }
  /** The formula is none, or more than this machine's bounds allow. */
  | { readonly verdict: "refused"; readonly reason: string; readonly offset: number };

/** Whoever answers: the built-in solver, or a cache in front of many. */
export type SatProver = (question: SatQuestion) => Promise<SatAnswer>;

/** A caller that wants less says so with `-t`. */
const FUEL_MAX = 2 ** 50;

/** The built-in solver; what it answers has been checked. */
export const builtInProver: SatProver = async (question) => {
  const { formulaFile, proofFile, proofForm, signal } = question;
  const options = { proofFile, proofForm, fuelMax: FUEL_MAX, signal };
  const report = await solveCnfFile(formulaFile, options);
  if (!("verdict" in report)) return { verdict: "unknown" };
  const { refused, verdict, model } = report;
  if (refused?.status === "resource") return { verdict: "unknown" };
  if (refused !== undefined) {
    return { verdict: "refused", reason: refused.reason, offset: refused.offset };
  }
  if (verdict === "sat" && model !== undefined) return { verdict, model };
  return verdict === "unsat" ? { verdict } : { verdict: "unknown" };
};
