import { toHex } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";

export function valueMismatch(digest: Hash): QuorateError {
  return new QuorateError(
    "VALUE_MISMATCH",
    `the bytes written are not the announced value ${toHex(digest)}`,
    "hash the same bytes that you write, and announce their exact size",
  );
}

export function cacheCorrupt(digest: Hash): QuorateError {
  return new QuorateError(
    "CACHE_CORRUPT",
    `the cached value ${toHex(digest)} no longer has its digest; it was dropped`,
    "ask the cluster for it again; if this repeats, check the disk",
  );
}
