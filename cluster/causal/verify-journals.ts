import { CausalityVerifier } from "../../base/journal/causality-verifier.ts";
import type { CausalityFinding, CausalityGap } from "../../base/journal/causality-verifier.ts";
import type { LoadedJournals } from "./load-journals.ts";

export interface JournalsVerdict {
  readonly files: number;
  readonly events: number;
  /** How many findings there are; `findings` are the first. */
  readonly findingCount: number;
  readonly findings: readonly CausalityFinding[];
  readonly gaps: readonly CausalityGap[];
  /** Stretches of bytes that tell nothing: torn tails, damage. */
  readonly damaged: LoadedJournals["gaps"];
}

/**
 * Whether all these journals tell one history that can have happened. A simulated run is held to be
 * complete; of live journals the oldest segments, blocks that a slow disk did not take, and the last
 * second may be missing.
 */
export function verifyJournals(journals: LoadedJournals): JournalsVerdict {
  const isComplete = journals.header?.origin === "simulation" && journals.gaps.length === 0;
  const verifier = new CausalityVerifier({
    isComplete,
    mayHaveHoles: journals.header?.origin === "live" || journals.gaps.length > 0,
    eventCountMax: Math.max(1, journals.eventCount),
  });
  for (const block of journals.blocks) verifier.addBlock(block);
  const gaps = verifier.end();
  return {
    files: journals.files.length,
    events: verifier.eventCount,
    findingCount: verifier.findingCount,
    findings: verifier.findings,
    gaps,
    damaged: journals.gaps,
  };
}
