import { equalBytes } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { citedKeys } from "../../../proof/admission/closures.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import { findSet } from "../../proofs/cluster-source.ts";
import type { ProofReader } from "../../proofs/cluster-source.ts";
import type { SetQuery } from "../../proofs/proof-source.ts";
import { decodeFound } from "../../proofs/statements.ts";
import type { FoundProofs } from "../../proofs/statements.ts";
import { CITED_COUNT_MAX } from "../limits.ts";
import type { RecordSource, SourcedRecord } from "../tiers/record-source.ts";

/**
 * Tier 0: certified entries of the cluster, filtered by theory where they lie. Certified or not, the
 * kernel judges each proof again.
 */
export class ClusterSource implements RecordSource {
  readonly #client: ProofReader;
  readonly #namespace: string;

  constructor(client: ProofReader, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async *records(
    key: Hash,
    signal: AbortSignal,
    theory?: SetQuery["theory"],
  ): AsyncGenerator<SourcedRecord> {
    const query = { signal, theory };
    const set = await this.#set(key, query);
    if (set === undefined) return;
    const { kind, payload } = set;
    for (const { proof, axioms } of set.proofs) {
      const cited = await this.#payloadsCited(kind, proof, query);
      if (cited === undefined) continue;
      yield {
        record: { obligation: { kind, payload }, proof, cited, axioms },
        from: "the cluster",
      };
    }
  }

  /** Undefined: there is none, or its value is no set of proofs. */
  async #set(key: Hash, query: SetQuery): Promise<FoundProofs | undefined> {
    const found = await findSet(this.#client, { namespace: this.#namespace, key }, query);
    return found && decodeFound(found.bytes);
  }

  async #payloadsCited(
    kind: string,
    proof: Uint8Array,
    query: SetQuery,
  ): Promise<readonly Uint8Array[] | undefined> {
    const keys = citedKeys(kind, proof);
    if (keys.status !== "accept" || keys.value.length > CITED_COUNT_MAX) return undefined;
    const payloads: Uint8Array[] = [];
    for (const key of keys.value) {
      const payload = (await this.#set(key, query))?.payload;
      if (payload === undefined) return undefined;
      if (!equalBytes(keyOfObligation(nodeCrypto.hash, { kind, payload }), key)) return undefined;
      payloads.push(payload);
    }
    return payloads;
  }
}
