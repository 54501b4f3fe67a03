import type { CacheTally } from "./cache-tally.ts";
import * as rows from "./disk-rows.ts";
import type { ChunkRef } from "./disk-rows.ts";
import { ROW_OVERHEAD_BYTES } from "./limits.ts";
import type { OrderedRows } from "./use-order.ts";

/**
 * How many values name each chunk, inside the index's own transactions: a value's row and the
 * counts of its chunks change together or not at all.
 *
 * A chunk that is named is there: its file was durable before the first row that named it. One that
 * nobody names any more has no row, and its file may go.
 */
export class ChunkLedger {
  readonly #rows: Omit<OrderedRows, "nowMs">;
  readonly #tally: CacheTally;

  constructor(store: Omit<OrderedRows, "nowMs">, tally: CacheTally) {
    this.#rows = store;
    this.#tally = tally;
  }

  /** Their files are there, and are kept there until this is committed. */
  enter(chunks: readonly ChunkRef[]): void {
    for (const ref of chunks) {
      const row = this.#rowOf(ref);
      if (row === undefined) {
        this.#write(ref, { count: 1, size: ref.size, storedSize: ref.storedSize });
        this.#count(1, ref.storedSize);
        continue;
      }
      this.#write(ref, { ...row, count: row.count + 1 });
      this.#tally.sharedBytes += row.size;
    }
  }

  /** @returns keys of the chunks that nobody names any more */
  leave(chunks: readonly ChunkRef[]): Buffer[] {
    const free: Buffer[] = [];
    for (const ref of chunks) {
      const row = this.#rowOf(ref);
      if (row === undefined) continue;
      if (row.count > 1) {
        this.#write(ref, { ...row, count: row.count - 1 });
        this.#tally.sharedBytes -= row.size;
        continue;
      }
      const key = rows.chunkKey(ref.digest);
      this.#rows.remove(key);
      this.#count(-1, row.storedSize);
      free.push(key);
    }
    return free;
  }

  /**
   * Makes all counts those of these lists, which are all that there are.
   * @returns how many chunks had another count, or were named by nobody
   */
  audit(lists: Iterable<readonly ChunkRef[]>): number {
    const right = new Map<string, { readonly ref: ChunkRef; count: number }>();
    for (const list of lists) {
      for (const ref of list) {
        const known = right.get(nameOf(ref.digest));
        if (known === undefined) right.set(nameOf(ref.digest), { ref, count: 1 });
        else known.count++;
      }
    }
    Object.assign(this.#tally, { chunks: 0, sharedBytes: 0 });
    const space = {
      start: Buffer.of(rows.SPACE_CHUNK),
      end: Buffer.of(rows.SPACE_CHUNK + 1),
      limit: Number.MAX_SAFE_INTEGER,
    };
    let wrong = 0;
    for (const key of [...this.#rows.keys(space)]) {
      if (right.has(nameOf(key.subarray(1)))) continue;
      this.#rows.remove(key);
      wrong++;
    }
    for (const { ref, count } of right.values()) {
      const row = this.#rowOf(ref);
      if (row?.count !== count) wrong++;
      const { size, storedSize } = row ?? ref;
      this.#write(ref, { count, size, storedSize });
      this.#count(1, storedSize);
      this.#tally.sharedBytes += (count - 1) * size;
    }
    return wrong;
  }

  #count(by: 1 | -1, storedSize: number): void {
    this.#tally.chunks += by;
    this.#tally.bytes += by * (storedSize + ROW_OVERHEAD_BYTES);
  }

  #rowOf({ digest }: ChunkRef): rows.ChunkRow | undefined {
    const body = this.#rows.read(rows.chunkKey(digest));
    return body && rows.decodeChunkRow(body);
  }

  #write({ digest }: ChunkRef, row: rows.ChunkRow): void {
    this.#rows.write(rows.chunkKey(digest), rows.encodeChunkRow(row));
  }
}

export function nameOf(digest: Uint8Array): string {
  return Buffer.from(digest.buffer, digest.byteOffset, digest.length).toString("latin1");
}
