import { HLC_ZERO } from "../base/hlc.ts";
import type { Hash } from "../base/types.ts";
import type { CheckedBatch } from "./checked.ts";
import { batchDigest } from "./hashing.ts";

/**
 * The null request that fills a gap in a new view (Castro–Liskov §4.4). No batch encodes to zero
 * bytes, because each has a proposed time, so no batch has this digest.
 */
export function nullBatchDigest(hash: (bytes: Uint8Array) => Hash): Hash {
  return batchDigest(hash, new Uint8Array(0));
}

export function nullBatch(hash: (bytes: Uint8Array) => Hash): CheckedBatch {
  return {
    digest: nullBatchDigest(hash),
    batch: { proposedTime: HLC_ZERO, items: [] },
    writeSets: [],
    bytes: new Uint8Array(0),
  };
}
