import type { Epoch, Hash, Hlc, ReplicaIndex } from "../base/types.ts";
import type { Batch } from "./wire/agreement.ts";
import type { Write, WriteSet, WriteSetHeader } from "./wire/write-set.ts";

/** A write set taken apart and found whole: header, writes and values fit one another. */
export interface CheckedWriteSet {
  /** `writeSetDigest` of the header. */
  readonly digest: Hash;
  readonly header: WriteSetHeader;
  readonly writes: readonly Write[];
  readonly wire: WriteSet;
  /** Its encoding, as carried in proposals. */
  readonly bytes: Uint8Array;
  /** No value needs to be uploaded and no checker to be run: ordinary PBFT. */
  readonly inline: boolean;
}

export interface CheckedBatch {
  readonly digest: Hash;
  /** Without items it only moves agreed time to its proposed time. */
  readonly batch: Batch;
  readonly writeSets: readonly CheckedWriteSet[];
  readonly removal?: CheckedRemoval | undefined;
  /** Its encoding; empty for a null request. */
  readonly bytes: Uint8Array;
}

/** Q members of this epoch, none of them among those who leave, have suspected each of these. */
export interface CheckedRemoval {
  readonly epoch: Epoch;
  /** Ascending. */
  readonly members: readonly ReplicaIndex[];
  /** The oldest of the suspicions. */
  readonly asOf: Hlc;
}
