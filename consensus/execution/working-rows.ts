import { invariant } from "../../base/assert.ts";
import { ROW_BYTES_MAX } from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import { rowHash } from "../map/node-hash.ts";
import type { HashFunction } from "../map/node-hash.ts";
import type { RowChange, RowStore } from "../map/row-store.ts";
import type { AuthenticatedMap } from "../map/trie.ts";

interface Changed {
  readonly key: Uint8Array;
  readonly previous: Uint8Array | undefined;
  row: Uint8Array | undefined;
}

/**
 * The rows as one execution sees them: what it has written so far over what the store holds. Each
 * changed key enters the trie once, in `flush`, with its last row.
 */
export class WorkingRows {
  #map: AuthenticatedMap;
  #store: RowStore;
  #hash: HashFunction;
  #changed = new Map<string, Changed>();
  /** What `get` found last and nobody has changed: most keys are set right after they were read. */
  #seen:
    | { readonly key: Uint8Array; readonly text: string; readonly row: Uint8Array | undefined }
    | undefined;

  constructor(map: AuthenticatedMap, store: RowStore, hash: HashFunction) {
    this.#map = map;
    this.#store = store;
    this.#hash = hash;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const text = keyText(key);
    const changed = this.#changed.get(text);
    if (changed !== undefined) return changed.row;
    const row = this.#stored(key);
    this.#seen = { key, text, row };
    return row;
  }

  /** `row` undefined: deletes. */
  set(key: Uint8Array, row: Uint8Array | undefined): void {
    invariant(row === undefined || row.length <= ROW_BYTES_MAX, "a row keeps its bound", {
      size: row?.length,
    });
    const seen = this.#seen?.key === key ? this.#seen : undefined;
    this.#seen = undefined;
    const text = seen?.text ?? keyText(key);
    const changed = this.#changed.get(text);
    if (changed === undefined) {
      const previous = seen === undefined ? this.#stored(key) : seen.row;
      this.#changed.set(text, { key, previous, row });
    } else {
      changed.row = row;
    }
  }

  /** Brings the changes into the trie; answers them with what stood there before. */
  flush(): readonly (RowChange & { readonly previous: Uint8Array | undefined })[] {
    const changes = [...this.#changed.values()];
    for (const { key, row } of changes) {
      if (row === undefined) this.#map.delete(key);
      else this.#map.set(key, rowHash(this.#hash, row));
    }
    this.#changed.clear();
    this.#seen = undefined;
    return changes;
  }

  #stored(key: Uint8Array): Uint8Array | undefined {
    // The trie knows what is absent; most puts are of new keys and need not ask the store.
    if (!this.#map.has(key)) return undefined;
    const row = this.#store.get(key);
    invariant(row !== undefined, "the store holds every row of the trie");
    return row;
  }
}
