import type { Hash, ReplicaIndex } from "../../base/types.ts";
import { BATCH_BYTES_MAX, PROPOSALS_AHEAD_MAX } from "../limits.ts";
import type { CheckedBatch } from "../checked.ts";
import { Memo } from "../memo.ts";
import type { Verified } from "../verified.ts";
import type { Context } from "./context.ts";
import type { Instance } from "./instance.ts";
import type { Log } from "./log.ts";
import { keyText } from "../map/key-text.ts";

/**
 * Bodies that arrived before their pre-prepare, bytes for each sender: a pipeline of the largest.
 * Each sender has his own room, so that none can push out what another has sent.
 */
const EARLY_BYTES_MAX = 8 * BATCH_BYTES_MAX;

/** Brings the bodies of proposals to the instances that name them. */
export class Bodies {
  readonly #context: Context;
  readonly #log: Log;
  readonly #early = new Map<ReplicaIndex, Memo<Verified<CheckedBatch>>>();

  constructor(context: Context, log: Log) {
    this.#context = context;
    this.#log = log;
  }

  receive(from: ReplicaIndex, batch: Verified<CheckedBatch>): void {
    let wanted = false;
    for (const instance of this.#log.above(this.#context.executed)) {
      if (instance.sequence > this.#context.executed + PROPOSALS_AHEAD_MAX) break;
      if (!instance.wants(batch.digest)) continue;
      instance.addBody(batch);
      this.#log.touch(instance);
      wanted = true;
    }
    if (wanted) return;
    let early = this.#early.get(from);
    if (early === undefined) {
      early = new Memo(EARLY_BYTES_MAX);
      this.#early.set(from, early);
    }
    early.set(keyText(batch.digest), batch, batch.bytes.length + 64);
  }

  /** A vote or certificate named this batch: it may be here already. */
  claim(instance: Instance, digest: Hash): void {
    if (this.#context.isNull(digest) || instance.bodyBytes(digest) !== undefined) return;
    const batch = this.find(digest);
    if (batch === undefined) return;
    instance.addBody(batch);
    this.#forget(digest);
  }

  find(digest: Hash): Verified<CheckedBatch> | undefined {
    const name = keyText(digest);
    for (const early of this.#early.values()) {
      const batch = early.get(name);
      if (batch !== undefined) return batch;
    }
    return undefined;
  }

  #forget(digest: Hash): void {
    for (const early of this.#early.values()) early.delete(keyText(digest));
  }
}
