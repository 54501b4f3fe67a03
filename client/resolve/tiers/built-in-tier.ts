import type { Exhausted } from "../../../proof/frame/check-result.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { PROOF_BUDGET } from "../../../proof/metamath/metamath-1.ts";
import { SyntaxGrammar } from "../../../proof/metamath/syntax-grammar.ts";
import { CNF_1_ID } from "../../../proof/cnf/cnf-1.ts";
import type { ProofAnswer } from "../kernel/resolve-task.ts";
import { runTask } from "../kernel/run-task.ts";
import { solvePayload } from "../kernel/solve-payload.ts";
import { INLINE_FUEL_MAX, INLINE_SOLVE_BYTES_MAX, TIER_1_FUEL_MAX } from "../limits.ts";
import type { ProofRecord } from "../proof-record.ts";
import type { Tier, TierAnswer, TierQuestion } from "../tier.ts";

export interface BuiltInOptions {
  /** Visits of literals. */
  readonly fuelMax?: number | undefined;
  /** Axioms of syntax that statements may be built with, payloads of metamath/1. */
  readonly syntaxAxioms?: readonly Uint8Array[] | undefined;
}

const FROM = "built in";

/**
 * Tier 1: what this process decides by itself, with bounded work. Formulas by unit propagation and
 * a small search; of Metamath each statement of syntax, by parsing it.
 */
export function builtInTier(options: BuiltInOptions = {}): Tier {
  const { fuelMax = TIER_1_FUEL_MAX, syntaxAxioms = [] } = options;
  let grammar: SyntaxGrammar | undefined;
  return {
    name: "tier1",
    isLookup: false,
    try: async (question) => {
      const { kind } = question.obligation;
      if (kind === CNF_1_ID) return decideFormula(question, fuelMax);
      if (kind === METAMATH_1 && syntaxAxioms.length > 0) {
        grammar ??= new SyntaxGrammar(nodeCrypto.hash, syntaxAxioms, PROOF_BUDGET);
        return deriveSyntax(question, grammar);
      }
      return { status: "nothing", reason: `decides nothing of ${kind}` };
    },
  };
}

async function deriveSyntax(question: TierQuestion, grammar: SyntaxGrammar): Promise<TierAnswer> {
  const found = grammar.prove(question.obligation.payload);
  if (found === undefined) return { status: "nothing", reason: "no statement of syntax" };
  return judged({ obligation: question.obligation, ...found }, question);
}

async function decideFormula(question: TierQuestion, fuelMax: number): Promise<TierAnswer> {
  const answer = await solve(question, fuelMax);
  if (answer.status !== "accept") {
    return { status: "failed", reason: `${answer.status} ${answer.reason}` };
  }
  const { proof } = answer;
  if (proof === undefined) return { status: "nothing", reason: "its fuel is spent" };
  return judged({ obligation: question.obligation, proof, cited: [] }, question);
}

async function judged(claim: ProofRecord, question: TierQuestion): Promise<TierAnswer> {
  const judgement = await question.judge(claim, FROM);
  if (judgement.status === "accept") {
    return { status: "found", proof: judgement.proof, from: FROM };
  }
  return { status: "failed", reason: `its own proof was refused: ${judgement.refused.reason}` };
}

async function solve(
  { obligation, signal }: TierQuestion,
  fuelMax: number,
): Promise<ProofAnswer | Exhausted> {
  const { payload } = obligation;
  if (payload.length <= INLINE_SOLVE_BYTES_MAX) {
    const answer = solvePayload(payload, Math.min(fuelMax, INLINE_FUEL_MAX));
    if (answer.status !== "accept" || answer.proof !== undefined) return answer;
  }
  if (fuelMax <= INLINE_FUEL_MAX) return { status: "accept", proof: undefined };
  return runTask<ProofAnswer>({ ask: "solve", payload, fuelMax }, signal);
}
