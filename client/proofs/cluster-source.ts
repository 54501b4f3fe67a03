import type { Hash } from "../../base/types.ts";
import type { EntryRow } from "../../consensus/wire/rows.ts";
import { THEORY_AXIOM_COUNT_MAX } from "../../proof/frame/theory-words.ts";
import type { Client } from "../types.ts";
import { SET_BYTES_MAX } from "./limits.ts";
import type { FoundSet, ProofSource, SetQuery } from "./proof-source.ts";

/** Where proofs lie in a cluster unless somebody says otherwise. */
export const PROOFS_NAMESPACE = "default";

/** What reading proofs takes of a client. */
export type ProofReader = Pick<Client, "get" | "stat" | "permitted">;

/**
 * The proofs of one namespace. Certificate, path and digest of the bytes are checked on the way, so
 * a lying replica is left for the next one; what the bytes prove is still to be judged.
 */
export function clusterSource(
  client: ProofReader,
  namespace: string = PROOFS_NAMESPACE,
): ProofSource {
  return {
    name: "network",
    find: (kind, key, query = {}) => findSet(client, { namespace, kind, key }, query),
  };
}

/** Undefined: nothing of this kind, or too large to hold. @throws QuorateError as `get` */
export async function findSet(
  client: ProofReader,
  place: { readonly namespace: string; readonly kind?: string; readonly key: Hash },
  { theory, ...options }: SetQuery,
): Promise<FoundSet | undefined> {
  const { namespace, key } = place;
  if (theory === undefined || theory.axioms.length > THEORY_AXIOM_COUNT_MAX) {
    const read = await client.get(namespace, key, options);
    if (read.status === "miss" || !isWanted(read.entry, place)) return undefined;
    const { entry, receipt } = read;
    return { bytes: await read.value.read(options), certified: { entry, receipt } };
  }
  const stat = await client.stat(namespace, key, options);
  if (stat.status === "miss" || !isWanted(stat.entry, place)) return undefined;
  const { entry, receipt } = stat;
  return { bytes: await client.permitted(entry, theory, options), certified: { entry, receipt } };
}

function isWanted({ size, kind }: EntryRow, wanted: { readonly kind?: string }): boolean {
  return size <= SET_BYTES_MAX && (wanted.kind === undefined || kind === wanted.kind);
}
