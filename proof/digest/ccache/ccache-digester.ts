import { equalBytes } from "../../../base/bytes.ts";
import type { Digester, DigestResult, IncrementalHash } from "../artifact-kind.ts";
import { HeldTail } from "../held-tail.ts";
import { Xxh3128 } from "../xxh3/xxh3-128.ts";
import { HEADER_SIZE_MAX, TAIL_SIZE, headerFault } from "./ccache-body.ts";
import { FixedTime } from "./fixed-time.ts";

const NO_TAIL = new Uint8Array(TAIL_SIZE);

/** SHA-256 of the body with creation time and checksum zeroed; the checksum must hold. */
export class CcacheDigester implements Digester {
  readonly #type: number;
  readonly #hash: IncrementalHash;
  readonly #checksum = new Xxh3128();
  readonly #time = new FixedTime();
  readonly #tail = new HeldTail(TAIL_SIZE);
  readonly #head = new Uint8Array(HEADER_SIZE_MAX);
  #size = 0;

  constructor(type: number, hash: IncrementalHash) {
    this.#type = type;
    this.#hash = hash;
  }

  update(chunk: Uint8Array): void {
    if (this.#size < HEADER_SIZE_MAX) {
      this.#head.set(chunk.subarray(0, HEADER_SIZE_MAX - this.#size), this.#size);
    }
    this.#size += chunk.length;
    this.#tail.push(chunk, (piece) => {
      this.#checksum.update(piece);
      this.#hash.update(this.#time.overwrite(piece));
    });
  }

  finish(): DigestResult {
    const head = this.#head.subarray(0, Math.min(this.#size, HEADER_SIZE_MAX));
    const fault = headerFault(head, this.#size, this.#type);
    if (fault !== undefined) return { status: "refused", reason: fault };
    if (!equalBytes(this.#checksum.finish(), this.#tail.bytes)) {
      return { status: "refused", reason: "the checksum does not hold" };
    }
    this.#hash.update(NO_TAIL);
    return { status: "digest", digest: this.#hash.finish() };
  }
}
