import type { Hash } from "../base/types.ts";
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
  /** Its encoding; empty for a null request. */
  readonly bytes: Uint8Array;
}
