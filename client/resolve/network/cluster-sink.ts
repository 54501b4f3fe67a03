import { publishProof } from "../../proofs/publish-proofs.ts";
import type { Client } from "../../types.ts";
import type { CheckedProof } from "../kernel/checked-proof.ts";
import type { ProofSink } from "../publish.ts";

/** The cluster. What was asked for is worth a place even when it was cheap: `isShared` false. Each replica runs its checker before it acknowledges. */
export function clusterSink(client: Client, namespace: string, isShared = true): ProofSink {
  return {
    name: "network",
    of: "network",
    isShared,
    publish: async ({ obligation, proof, axioms }: CheckedProof) => {
      await publishProof(client, { obligation, proof, axioms }, { namespace });
    },
  };
}
