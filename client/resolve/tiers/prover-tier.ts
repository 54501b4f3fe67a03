import { CNF_1_ID } from "../../../proof/cnf/cnf-1.ts";
import type { CheckedProof } from "../kernel/checked-proof.ts";
import { askProver } from "../provers/ask-prover.ts";
import { canonicalDimacs } from "../provers/canonical-dimacs.ts";
import type { Prover } from "../provers/prover.ts";
import type { Tier, TierAnswer, TierQuestion } from "../tier.ts";

export interface ProverTierOptions {
  readonly provers: readonly Prover[];
  /** Provers of one question that run beside each other. Default 1. */
  readonly atOnceMax?: number | undefined;
}

/** Tier 2: provers on this machine. The first proof that the kernel accepts ends the others. */
export class ProverTier implements Tier {
  readonly name = "tier2" as const;
  readonly isLookup = false;
  readonly #options: ProverTierOptions;
  /** Processes that were started, ever. */
  startedCount = 0;

  constructor(options: ProverTierOptions) {
    this.#options = options;
  }

  readonly try = async (question: TierQuestion): Promise<TierAnswer> => {
    const { provers, atOnceMax = 1 } = this.#options;
    const { kind, payload } = question.obligation;
    if (provers.length === 0) return { status: "nothing", reason: "no prover is configured" };
    if (kind !== CNF_1_ID) return { status: "nothing", reason: `no prover is for ${kind}` };
    const text = canonicalDimacs(payload);
    if (text === undefined) return { status: "failed", reason: "the payload is no formula" };
    const waiting = [...provers];
    const ends = new AbortController();
    const race = { ...question, signal: AbortSignal.any([question.signal, ends.signal]) };
    const faults: string[] = [];
    let winner: { readonly proof: CheckedProof; readonly from: string } | undefined;
    const run = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (race.signal.aborted) return;
        const proof = await this.#ask(next, { text, payload }, race, faults);
        if (proof === undefined || winner !== undefined) continue;
        winner = { proof, from: next.name };
        ends.abort();
      }
    };
    await Promise.all(Array.from({ length: atOnceMax }, run));
    if (winner !== undefined) return { status: "found", ...winner };
    return { status: "failed", reason: faults.join("; ") };
  };

  async #ask(
    prover: Prover,
    formula: { readonly text: Uint8Array; readonly payload: Uint8Array },
    question: TierQuestion,
    faults: string[],
  ): Promise<CheckedProof | undefined> {
    this.startedCount++;
    const started = performance.now();
    const { name } = prover;
    const answer = await askProver(prover, formula, question.signal);
    question.note(`${name}: ${answer.status} after ${Math.round(performance.now() - started)} ms`);
    if (answer.status !== "claims") {
      faults.push(`${name}: ${answer.reason}`);
      return undefined;
    }
    const claim = { obligation: question.obligation, proof: answer.proof, cited: [] };
    const judgement = await question.judge(claim, name);
    if (judgement.status === "accept") return judgement.proof;
    faults.push(`${name}: its proof was refused (${judgement.refused.reason})`);
    return undefined;
  }
}
