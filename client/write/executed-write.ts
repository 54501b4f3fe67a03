import { toHex } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { submitAnswerCodec } from "../../consensus/wire/connection.ts";
import type { Write } from "../../consensus/wire/write-set.ts";
import type * as types from "../types.ts";
import type { Execution } from "./check-submit-answer.ts";

/** What a caller gets of a write that is proven executed. One class, not closures: ten thousand of them are made in a second. */
export class ExecutedWrite implements types.WriteResult {
  readonly #execution: Execution;
  readonly #write: Write;
  readonly #pending: boolean;
  readonly receipt: (options?: types.CallOptions) => Promise<Uint8Array>;

  constructor(
    execution: Execution,
    write: Write,
    pending: boolean,
    receipt: (options: types.CallOptions) => Promise<Uint8Array>,
  ) {
    this.#execution = execution;
    this.#write = write;
    this.#pending = pending;
    this.receipt = (options = {}) => receipt(options);
  }

  get namespace(): string {
    return this.#write.namespace;
  }
  get key(): Hash {
    return this.#write.key ?? (new Uint8Array(32) as Hash);
  }
  get digest(): Hash | undefined {
    return this.#write.valueDigest;
  }
  get size(): number {
    return this.#write.size;
  }
  get sequence(): Sequence {
    return this.#execution.sequence;
  }
  get time(): types.WriteResult["time"] {
    return this.#execution.time;
  }
  get outcome(): "accepted" | "pending" {
    return this.#pending ? "pending" : "accepted";
  }
  execution = (): Uint8Array => submitAnswerCodec.encode(this.#execution.answer);

  toString(): string {
    return `${this.namespace}/${toHex(this.key)} at ${this.sequence}`;
  }
}
