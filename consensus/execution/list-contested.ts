import { fromHex, toHex } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { PAGE_COUNT_MAX } from "../limits.ts";
import { entryRowCodec } from "../wire/rows.ts";
import { CONTESTED } from "./entries.ts";
import type { ListedRow, Listing } from "./list-rows.ts";
import type { NameIndex } from "./name-index.ts";

export interface ContestedQuery {
  readonly sequence: Sequence;
  /** Map key of the last entry of the page before; empty: from the first. */
  readonly after: Uint8Array;
  readonly limit: number;
}

/** Looked at for one page: those that the sequence does not have yet are passed over. */
const LOOKED_AT_MAX = 4 * PAGE_COUNT_MAX;

/** As with names, each row can be proven, but not that none was left out. */
export function listContested(
  query: ContestedQuery,
  contested: NameIndex,
  rowAt: (key: Uint8Array) => Uint8Array | undefined,
): Listing {
  const limit = Math.min(query.limit, PAGE_COUNT_MAX);
  const rows: ListedRow[] = [];
  let lookedAt = 0;
  for (const text of contested.names(CONTESTED, "", toHex(query.after))) {
    if (rows.length === limit) return { rows, more: true };
    if (lookedAt++ === LOOKED_AT_MAX) return { rows, more: rows.length > 0 };
    const key = fromHex(text);
    const row = key === undefined ? undefined : rowAt(key);
    if (key === undefined || row === undefined) continue;
    rows.push({ name: entryRowCodec.decode(row).name, key, row });
  }
  return { rows, more: false };
}
