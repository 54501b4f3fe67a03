import { concatBytes, toHex, uint64Bytes } from "../../../base/bytes.ts";
import { hlcMax, hlcNext, HLC_ZERO } from "../../../base/hlc.ts";
import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence } from "../../../base/types.ts";
import type { Application, ExecutedWriteSet, Execution } from "../../application.ts";
import type { CheckedBatch, CheckedRemoval } from "../../checked.ts";
import type { Verified } from "../../verified.ts";
import type { WriteSetHeader } from "../../wire/write-set.ts";
import { sha256 } from "./table-crypto.ts";

/** What a transfer hands over. */
export interface CountingState {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
  readonly executed: ReadonlyMap<string, number>;
}

/** The smallest application: a hash chain over what was executed, and who was executed when. */
export class CountingApplication implements Application {
  #sequence = 0 as Sequence;
  #stateRoot = sha256(new Uint8Array(0));
  #agreedTime: Hlc = HLC_ZERO;
  #executed = new Map<string, number>();
  /** Set to false: rows were lost, only a transfer helps. */
  isWhole = true;
  readonly #writers: ReadonlySet<string>;
  /** A local fault: the next root comes out wrong. */
  corruptNext = false;

  constructor(writers: ReadonlySet<string>) {
    this.#writers = writers;
  }

  get sequence(): Sequence {
    return this.#sequence;
  }

  get stateRoot(): Hash {
    return this.#stateRoot;
  }

  get agreedTime(): Hlc {
    return this.#agreedTime;
  }

  get executedIdentities(): ReadonlyMap<string, number> {
    return this.#executed;
  }

  execute(batch: Verified<CheckedBatch> | undefined): Execution {
    this.#sequence++;
    const proposed = batch?.batch.proposedTime ?? HLC_ZERO;
    this.#agreedTime = hlcMax(hlcNext(this.#agreedTime), proposed);
    const writeSets: ExecutedWriteSet[] = [];
    for (const writeSet of batch?.writeSets ?? []) {
      const name = identity(writeSet.header);
      const open = this.standingOf(writeSet.header) === "open";
      if (open) this.#executed.set(name, this.#sequence);
      const { digest } = writeSet;
      const { counter } = writeSet.header;
      const result = { counter, sequence: this.#sequence, digest, outcomes: [] };
      writeSets.push({ writeSet, result: open ? result : undefined, code: open ? 0 : 1 });
    }
    if (batch?.removal !== undefined) this.removals.push(batch.removal);
    const digest = batch?.digest ?? new Uint8Array(32);
    const fault = Uint8Array.of(this.corruptNext ? 1 : 0);
    this.corruptNext = false;
    this.#stateRoot = sha256(
      concatBytes(this.#stateRoot, digest, uint64Bytes(this.#agreedTime), fault),
    );
    return { stateRoot: this.#stateRoot, agreedTime: this.#agreedTime, writeSets };
  }

  /** What executed batches said of silent members; a test makes of it what it wants. */
  readonly removals: CheckedRemoval[] = [];
  readonly quarantined: Set<ReplicaIndex> = new Set();
  /** By epoch: where it ends. A test decides that, no batch. */
  readonly epochEnds: Map<Epoch, Sequence> = new Map();

  epochEndOf(epoch: Epoch): Sequence | undefined {
    return this.epochEnds.get(epoch);
  }

  isEnrolled(header: WriteSetHeader): boolean {
    return this.#writers.has(toHex(header.writer));
  }

  standingOf(header: WriteSetHeader): "open" | "executed" | "closed" {
    if (this.#executed.has(identity(header))) return "executed";
    return header.notAfter < this.#agreedTime ? "closed" : "open";
  }

  /** Versions up to here were let go. */
  released = 0;

  release(below: Sequence): void {
    this.released = below;
  }

  snapshot(): CountingState {
    return {
      sequence: this.#sequence,
      stateRoot: this.#stateRoot,
      agreedTime: this.#agreedTime,
      executed: new Map(this.#executed),
    };
  }

  restore(state: CountingState): void {
    this.#sequence = state.sequence;
    this.#stateRoot = state.stateRoot;
    this.#agreedTime = state.agreedTime;
    this.#executed = new Map(state.executed);
  }
}

function identity(header: WriteSetHeader): string {
  return `${toHex(header.writer)}/${toHex(header.session)}/${header.counter}`;
}
