import { PAGE_COUNT_MAX } from "../limits.ts";
import { encodeNode } from "../map/node-encoding.ts";
import type { AuthenticatedMap, MapVersion } from "../map/trie.ts";

/** Rows in one answer, together: many small ones, or a few of the largest. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/** The nodes at these places; a place where there is none is passed over. */
export function nodesOf(
  map: AuthenticatedMap,
  version: MapVersion,
  paths: readonly Uint8Array[],
): Uint8Array[] {
  return paths
    .slice(0, PAGE_COUNT_MAX)
    .map((path) => map.nodeAt(version, path))
    .filter((node) => node !== undefined)
    .map(encodeNode);
}

/** The rows of these keys, as many as an answer holds. */
export function rowsOf(
  keys: readonly Uint8Array[],
  rowAt: (key: Uint8Array) => Uint8Array | undefined,
): { readonly keys: Uint8Array[]; readonly rows: Uint8Array[] } {
  const found: { keys: Uint8Array[]; rows: Uint8Array[] } = { keys: [], rows: [] };
  let size = 0;
  for (const key of keys) {
    const row = rowAt(key);
    if (row === undefined) continue;
    size += row.length;
    if (size > ANSWER_BYTES_MAX && found.rows.length > 0) break;
    found.keys.push(key);
    found.rows.push(row);
  }
  return found;
}
