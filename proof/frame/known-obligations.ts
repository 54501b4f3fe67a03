import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { keyOfObligation } from "./obligation.ts";

/**
 * Payloads of one kind by their keys, which are computed here: whatever a stranger sends along with
 * a proof, a citation finds nothing but what bears its hash.
 */
export class KnownObligations {
  readonly #hash: (bytes: Uint8Array) => Hash;
  readonly #kind: string;
  readonly #payloads = new Map<string, Uint8Array>();

  constructor(hash: (bytes: Uint8Array) => Hash, kind: string) {
    this.#hash = hash;
    this.#kind = kind;
  }

  /** Answers its key. */
  add(payload: Uint8Array): Hash {
    const key = keyOfObligation(this.#hash, { kind: this.#kind, payload });
    this.#payloads.set(toHex(key), payload);
    return key;
  }

  readonly payloadOf = (key: Hash): Uint8Array | undefined => this.#payloads.get(toHex(key));
}
