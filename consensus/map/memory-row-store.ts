import { keyText } from "./key-text.ts";
import type { RowChanges, RowStore } from "./row-store.ts";

/** Rows in memory: the twin of the store on disk, for tests and the simulator. */
export class MemoryRowStore implements RowStore {
  #rows = new Map<string, readonly [Uint8Array, Uint8Array]>();
  #last: RowChanges | undefined;

  /** What came last: the sequence and root that the rows belong to. */
  get last(): RowChanges | undefined {
    return this.#last;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#rows.get(keyText(key))?.[1];
  }

  apply(changes: RowChanges): void {
    for (const { key, row } of changes.rows) {
      if (row === undefined) this.#rows.delete(keyText(key));
      else this.#rows.set(keyText(key), [key, row]);
    }
    this.#last = changes;
  }

  entries(): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.#rows.values();
  }
}
