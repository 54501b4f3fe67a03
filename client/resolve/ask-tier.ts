import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { Obligation } from "../../proof/frame/obligation.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import type { Judgement } from "./kernel/checked-proof.ts";
import type { ProofRecord } from "./proof-record.ts";
import type { RefusedClaim, StepReport } from "./resolution.ts";
import type { Tier, TierAnswer } from "./tier.ts";

export interface Asked {
  readonly obligation: Obligation;
  readonly key: Hash;
  readonly theory: Theory | undefined;
  readonly judge: (claim: ProofRecord, signal: AbortSignal) => Promise<Judgement>;
}

export function askedFor(
  obligation: Obligation,
  theory: Theory | undefined,
  judge: Asked["judge"],
): Asked {
  return { obligation, key: keyOfObligation(nodeCrypto.hash, obligation), theory, judge };
}

export interface TierOutcome {
  readonly answer: TierAnswer;
  readonly step: StepReport;
}

/** Asks one tier, keeps count of what it takes and of what was refused; never rejects. */
export async function askTier(tier: Tier, asked: Asked, signal: AbortSignal): Promise<TierOutcome> {
  const started = performance.now();
  const refused: RefusedClaim[] = [];
  const notes: string[] = [];
  const answer = await tier
    .try({
      obligation: asked.obligation,
      key: asked.key,
      theory: asked.theory,
      signal,
      note: (line) => void notes.push(line),
      judge: async (claim, from) => {
        const judgement = await asked.judge(claim, signal);
        if (judgement.status === "refuse") refused.push({ from, refused: judgement.refused });
        return judgement;
      },
    })
    .catch((error: unknown): TierAnswer => {
      const reason = error instanceof Error ? error.message : String(error);
      return { status: "failed", reason };
    });
  const isEnded = signal.aborted && answer.status !== "found";
  return {
    answer,
    step: {
      tier: tier.name,
      status: isEnded ? "ended" : answer.status,
      reason: answer.status === "found" ? answer.from : answer.reason,
      ms: Math.round((performance.now() - started) * 100) / 100,
      refused,
      notes,
    },
  };
}
