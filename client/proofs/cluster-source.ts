import type { Hash } from "../../base/types.ts";
import type { CallOptions, Client } from "../types.ts";
import { SET_BYTES_MAX } from "./limits.ts";
import type { FoundSet, ProofSource } from "./proof-source.ts";

/** Where proofs lie in a cluster unless somebody says otherwise. */
export const PROOFS_NAMESPACE = "default";

/**
 * The proofs of one namespace. Certificate, path and digest of the bytes are checked on the way, so
 * a lying replica is left for the next one; what the bytes prove is still to be judged.
 */
export function clusterSource(
  client: Pick<Client, "get">,
  namespace: string = PROOFS_NAMESPACE,
): ProofSource {
  return {
    name: "network",
    async find(kind: string, key: Hash, options: CallOptions = {}): Promise<FoundSet | undefined> {
      const read = await client.get(namespace, key, options);
      if (read.status === "miss") return undefined;
      const { entry, value, receipt } = read;
      if (entry.kind !== kind || value.size > SET_BYTES_MAX) return undefined;
      return { bytes: await value.read(options), certified: { entry, receipt } };
    },
  };
}
