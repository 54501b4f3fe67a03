import { LOOKUP_HEDGE_MS, LOOKUP_MS_MAX } from "./limits.ts";
import { askTier } from "./ask-tier.ts";
import type { Asked, TierOutcome } from "./ask-tier.ts";
import type { Tier } from "./tier.ts";

/**
 * Asks neighbouring lookups in their order; one that is slow is joined by the next, and the first
 * proof ends the others. Answers the winner last.
 */
export async function askLookups(
  tiers: readonly Tier[],
  asked: Asked,
  signal: AbortSignal,
): Promise<readonly TierOutcome[]> {
  const ends = new AbortController();
  const patience = AbortSignal.any([signal, ends.signal, AbortSignal.timeout(LOOKUP_MS_MAX)]);
  const outcomes: TierOutcome[] = [];
  const running: Promise<void>[] = [];
  let winner: TierOutcome | undefined;
  for (const tier of tiers) {
    const run = askTier(tier, asked, patience).then((outcome) => {
      if (outcome.answer.status === "found" && winner === undefined) {
        winner = outcome;
        ends.abort();
      } else outcomes.push(outcome);
    });
    running.push(run);
    await Promise.race([Promise.all(running), pause(LOOKUP_HEDGE_MS)]);
    if (winner !== undefined || signal.aborted) break;
  }
  await Promise.all(running);
  return winner === undefined ? outcomes : [...outcomes, winner];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
