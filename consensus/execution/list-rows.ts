import type { Sequence } from "../../base/types.ts";
import { keyOfName } from "../hashing.ts";
import { PAGE_COUNT_MAX } from "../limits.ts";
import type { HashFunction } from "../map/node-hash.ts";
import { entryStateKey } from "../map/state-keys.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../wire/rows.ts";
import type { NameIndex } from "./name-index.ts";

export interface ListQuery {
  /** As of this retained sequence. */
  readonly sequence: Sequence;
  readonly namespace: string;
  readonly prefix: string;
  /** Names after this one, in byte order; empty: from the first. */
  readonly after: string;
  readonly limit: number;
}

export interface ListedRow {
  readonly name: string;
  /** The row's key in the state. */
  readonly key: Uint8Array;
  /** Encoded EntryRow. */
  readonly row: Uint8Array;
}

export interface Listing {
  readonly rows: readonly ListedRow[];
  readonly more: boolean;
}

/** Names looked at for one page: those that the sequence does not have yet are passed over. */
const LOOKED_AT_MAX = 4 * PAGE_COUNT_MAX;

/**
 * The index knows the newest names. One that left after the sequence is missing, one that came
 * after it is passed over: a listing proves each row, never that none was left out.
 */
export function listRows(
  query: ListQuery,
  names: NameIndex,
  hash: HashFunction,
  rowAt: (key: Uint8Array) => Uint8Array | undefined,
): Listing {
  const limit = Math.min(query.limit, PAGE_COUNT_MAX);
  const rows: ListedRow[] = [];
  let lookedAt = 0;
  for (const name of names.names(query.namespace, query.prefix, query.after)) {
    if (rows.length === limit) return { rows, more: true };
    // Without a row to go on after, "more" would only make the reader ask the same again.
    if (lookedAt++ === LOOKED_AT_MAX) return { rows, more: rows.length > 0 };
    const key = entryStateKey(hash, query.namespace, keyOfName(hash, name));
    const row = rowAt(key);
    if (row === undefined || entryRowCodec.decode(row).state !== ENTRY_CONFIRMED) continue;
    rows.push({ name, key, row });
  }
  return { rows, more: false };
}
