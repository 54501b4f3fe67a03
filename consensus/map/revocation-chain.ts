import { concatBytes, utf8 } from "../../base/bytes.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import type { RevocationHead } from "../wire/rows.ts";
import type { HashFunction } from "./node-hash.ts";

const TAG = utf8("quorate/revocation/1\0");

/** The head of an empty revocation log. */
export const NO_REVOCATIONS: RevocationHead = {
  count: 0,
  head: new Uint8Array(HASH_SIZE) as Hash,
};

/**
 * The head after one more encoded record. A follower that stands at some head fetches the records
 * from its count on, and believes them when they lead to the head that the state root proves.
 */
export function revocationHeadAfter(
  hash: HashFunction,
  head: RevocationHead,
  record: Uint8Array,
): RevocationHead {
  return { count: head.count + 1, head: hash(concatBytes(TAG, head.head, record)) };
}
