import { concatBytes } from "../../base/bytes.ts";
import type { DigestResult, Digester, StartHash } from "./artifact-kind.ts";

/** Why a body is not what honest builders agree on; undefined: it is. */
export type FaultOfBody = (body: Uint8Array) => string | undefined;

/**
 * For classes whose bodies are small and have one canonical form: the body is held whole, judged,
 * and its hash is its meaning.
 */
export class CanonicalDigester implements Digester {
  readonly #startHash: StartHash;
  readonly #bytesMax: number;
  readonly #faultOf: FaultOfBody;
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(startHash: StartHash, bytesMax: number, faultOf: FaultOfBody) {
    this.#startHash = startHash;
    this.#bytesMax = bytesMax;
    this.#faultOf = faultOf;
  }

  update(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > this.#bytesMax) this.#parts = [];
    else this.#parts.push(chunk.slice());
  }

  finish(): DigestResult {
    if (this.#size > this.#bytesMax) return { status: "refused", reason: "too large" };
    const body = concatBytes(...this.#parts);
    const reason = this.#faultOf(body);
    if (reason !== undefined) return { status: "refused", reason };
    const hash = this.#startHash();
    hash.update(body);
    return { status: "digest", digest: hash.finish() };
  }
}
