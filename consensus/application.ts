import type { Epoch, Hash, Hlc, ReplicaIndex, Sequence } from "../base/types.ts";
import type { CheckedBatch, CheckedWriteSet } from "./checked.ts";
import type { Verified } from "./verified.ts";
import type { WriteSetHeader } from "./wire/write-set.ts";
import type { SessionCounter } from "./wire/rows.ts";

/** One write set of an executed batch, and what became of it. */
export interface ExecutedWriteSet {
  readonly writeSet: CheckedWriteSet;
  /** Undefined: it was refused as a whole (`code`) and left no row. */
  readonly result: SessionCounter | undefined;
  /** 0, or a REFUSAL_* of consensus/execution/outcomes.ts. */
  readonly code: number;
}

export interface Execution {
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
  readonly writeSets: readonly ExecutedWriteSet[];
}

/**
 * The replicated state, as agreement sees it. Deterministic: equal batches from an equal root lead
 * to equal roots. Synchronous, because a step is one atomic decision.
 */
export interface Application {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
  /**
   * False: rows of it are damaged or lost, so it executes nothing and shows nothing until a
   * transfer has brought it to a certified root. `sequence` is then what it had executed before.
   */
  readonly isWhole: boolean;
  /** Members that the executed state proves to have lied. */
  readonly quarantined: ReadonlySet<ReplicaIndex>;
  /** c, the last sequence of an epoch whose successor is decided; undefined: none is. */
  epochEndOf(epoch: Epoch): Sequence | undefined;
  /** Executes sequence + 1. A null request is undefined. */
  execute(batch: Verified<CheckedBatch> | undefined): Execution;
  /** Whether the writer is enrolled in the executed state: no timer runs for one who is not. */
  isEnrolled(header: WriteSetHeader): boolean;
  /**
   * What the executed state says of a write set: "open" may still be executed; "executed" was;
   * "closed" never will (below the window, or past its end).
   */
  standingOf(header: WriteSetHeader): "open" | "executed" | "closed";
  /** Roots up to `below` are needed no more, but for those that a transfer has pinned. */
  release(below: Sequence): void;
}
