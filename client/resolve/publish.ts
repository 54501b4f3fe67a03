import type { CheckedProof } from "./kernel/checked-proof.ts";
import { PUBLISH_STEPS_MIN } from "./limits.ts";
import type { PublishReport } from "./resolution.ts";
import type { TierName } from "./tier.ts";

/** Where proofs go that were found: this machine's store, the cluster, a recording. */
export interface ProofSink {
  readonly name: string;
  /** What came from there need not go there. */
  readonly of: TierName | undefined;
  /** Everybody pays for what lies there: cheap proofs stay away. */
  readonly isShared: boolean;
  readonly publish: (proof: CheckedProof) => Promise<void>;
}

const LOOKED_UP: ReadonlySet<TierName> = new Set(["network", "peers", "local", "workers"]);

/** To all that lack it, at once; a sink that fails spoils nothing. */
export function publishTo(
  sinks: readonly ProofSink[],
  proof: CheckedProof,
  tier: TierName,
): Promise<readonly PublishReport[]> {
  const isCheap = !LOOKED_UP.has(tier) && proof.cost.steps < PUBLISH_STEPS_MIN;
  // The cluster's workers have published it there.
  const origin = tier === "workers" ? "network" : tier;
  const lacking = sinks.filter((sink) => sink.of !== origin);
  return Promise.all(
    lacking.map(async (sink): Promise<PublishReport> => {
      const to = sink.name;
      if (sink.isShared && isCheap) return { to, outcome: "not-worth-it", reason: undefined };
      try {
        await sink.publish(proof);
        return { to, outcome: "published", reason: undefined };
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        return { to, outcome: "failed", reason };
      }
    }),
  );
}
