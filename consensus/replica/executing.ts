import { toHex } from "../../base/bytes.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import { PROPOSALS_AHEAD_MAX } from "../limits.ts";
import type { ExecutedWriteSet } from "../application.ts";
import type { CheckedBatch } from "../checked.ts";
import type { Verified } from "../verified.ts";
import { batchRecord } from "./agreement.ts";
import type { Context } from "./context.ts";
import type { Instance } from "./instance.ts";
import type { Log } from "./log.ts";

/** Who is told of an execution, in this order. */
export interface ExecutionFollower {
  executed(sequence: Sequence, writeSets: readonly ExecutedWriteSet[]): void;
}

/** L50: executes committed batches in order of sequence, each once, as soon as its body is here. */
export class Executing {
  readonly #context: Context;
  readonly #log: Log;
  readonly #followers: readonly ExecutionFollower[];

  constructor(context: Context, log: Log, followers: readonly ExecutionFollower[]) {
    this.#context = context;
    this.#log = log;
    this.#followers = followers;
  }

  run(): void {
    const { application } = this.#context;
    if (!application.isWhole) return;
    this.#log.end = this.#context.epochEnd ?? Number.POSITIVE_INFINITY;
    while (this.#mayExecute()) {
      const instance = this.#log.find((this.#context.executed + 1) as Sequence);
      const commit = instance?.commit;
      if (instance === undefined || commit === undefined) return;
      const body = this.#bodyOf(instance, commit.digest);
      if (body === undefined && !this.#context.isNull(commit.digest)) return;
      this.#persist(instance, body);
      this.#execute(instance, this.#context.isNull(commit.digest) ? undefined : body);
    }
  }

  #mayExecute(): boolean {
    const { executed, halted, transferring } = this.#context;
    return executed < this.#log.end && transferring === undefined && !halted;
  }

  /** Executed before, it was kept as bytes: a transfer to an older root lets it be executed again. */
  #bodyOf(instance: Instance, digest: Hash): Verified<CheckedBatch> | undefined {
    const body = instance.body(digest);
    if (body !== undefined) return body;
    const bytes = instance.bodyBytes(digest);
    return bytes && this.#context.verifier.batchOfOwnLog(digest, bytes);
  }

  /** What the statement rests on: the certificate, and the body for whoever replays it. */
  #persist(instance: Instance, body: Verified<CheckedBatch> | undefined): void {
    const { commit } = instance;
    if (commit === undefined || instance.persisted.has("commit")) return;
    if (body !== undefined && !instance.persisted.has(toHex(body.digest))) {
      this.#context.persist(batchRecord(instance, body));
    }
    this.#context.persist({ type: "committed", certificate: commit });
    instance.persisted.add("commit");
  }

  #execute(instance: Instance, body: Verified<CheckedBatch> | undefined): void {
    const { sequence } = instance;
    const { stateRoot, agreedTime, writeSets } = this.#context.application.execute(body);
    this.#context.executed = sequence;
    // Perhaps this very batch decided where the epoch ends.
    this.#log.end = this.#context.epochEnd ?? Number.POSITIVE_INFINITY;
    this.#context.progressMs = this.#context.now.monotonicMs;
    if (instance.commit?.view === this.#context.view) this.#context.fruitlessViewCount = 0;
    instance.executed();
    this.#context.emit({ type: "executed", sequence, stateRoot, agreedTime, writeSets });
    const admitted = this.#log.find((sequence + PROPOSALS_AHEAD_MAX) as Sequence);
    if (admitted !== undefined) this.#log.touch(admitted);
    for (const follower of this.#followers) follower.executed(sequence, writeSets);
  }
}
