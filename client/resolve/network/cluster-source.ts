import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { citedKeys } from "../../../proof/admission/closures.ts";
import { decodeProofSet } from "../../../proof/admission/proof-set.ts";
import type { ProofSet } from "../../../proof/admission/proof-set.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import { equalBytes } from "../../../base/bytes.ts";
import type { Client } from "../../types.ts";
import { CITED_COUNT_MAX, RECORD_BYTES_MAX } from "../limits.ts";
import type { RecordSource, SourcedRecord } from "../tiers/record-source.ts";

/** Tier 0: certified entries of the cluster. Certified or not, the kernel judges each proof again. */
export class ClusterSource implements RecordSource {
  readonly #client: Client;
  readonly #namespace: string;

  constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  async *records(key: Hash, signal: AbortSignal): AsyncGenerator<SourcedRecord> {
    const set = await this.#set(key, signal);
    if (set === undefined) return;
    const { kind, payload } = set;
    for (const { proof } of set.proofs) {
      const cited = await this.#payloadsCited(kind, proof, signal);
      if (cited === undefined) continue;
      yield { record: { obligation: { kind, payload }, proof, cited }, from: "the cluster" };
    }
  }

  /** Undefined: there is none, or its value is no set of proofs. */
  async #set(key: Hash, signal: AbortSignal): Promise<ProofSet | undefined> {
    const read = await this.#client.get(this.#namespace, key, { signal });
    if (read.status === "miss" || read.entry.size > RECORD_BYTES_MAX) return undefined;
    const result = decodeProofSet(await read.value.read({ signal }));
    return result.status === "accept" ? result.value : undefined;
  }

  async #payloadsCited(
    kind: string,
    proof: Uint8Array,
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[] | undefined> {
    const keys = citedKeys(kind, proof);
    if (keys.status !== "accept" || keys.value.length > CITED_COUNT_MAX) return undefined;
    const payloads: Uint8Array[] = [];
    for (const key of keys.value) {
      const payload = (await this.#set(key, signal))?.payload;
      if (payload === undefined) return undefined;
      if (!equalBytes(keyOfObligation(nodeCrypto.hash, { kind, payload }), key)) return undefined;
      payloads.push(payload);
    }
    return payloads;
  }
}
