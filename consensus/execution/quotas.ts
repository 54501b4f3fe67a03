import { compareBytes } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { EVICTION_COUNT_MAX } from "../limits.ts";
import { keyText } from "../map/key-text.ts";
import { ENTRY_CONFIRMED, ENTRY_PENDING } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";

interface Aged {
  readonly sequence: Sequence;
  readonly key: Uint8Array;
}

/** What the quotas read and write through. */
export interface QuotaRows {
  readonly get: (key: Uint8Array) => EntryRow | undefined;
  readonly remove: (key: Uint8Array, row: EntryRow) => void;
  /** Of all entries, for a namespace that has just been given a quota. */
  readonly keys: () => Iterable<Uint8Array>;
}

/**
 * Ordered eviction: where a namespace has a quota and holds more, the entries changed longest ago
 * leave, by (sequence of the change, key), so that all replicas let go of the same ones.
 *
 * 1. What is disputed or withdrawn never leaves so: else a flood would wash a dispute away.
 * 2. The order is a function of the rows. An item whose row has changed since is stale and passed
 *    over; a replica that starts anew builds it from the rows and has none.
 */
export class Quotas {
  readonly #rows: QuotaRows;
  readonly #bytes = new Map<string, number>();
  readonly #aged = new Map<string, AgedQueue>();
  /** By the execution under way. */
  #touched: { readonly namespace: string; readonly key: Uint8Array }[] = [];

  constructor(rows: QuotaRows) {
    this.#rows = rows;
  }

  /** Bytes of the values that a namespace holds. */
  bytesOf(namespace: string): number {
    return this.#bytes.get(namespace) ?? 0;
  }

  /** Follows a change of a row, whoever made it. */
  follow(before: EntryRow | undefined, after: EntryRow | undefined): void {
    const namespace = after?.namespace ?? before?.namespace ?? "";
    const bytes = this.bytesOf(namespace) + weightOf(after) - weightOf(before);
    if (bytes === 0) this.#bytes.delete(namespace);
    else this.#bytes.set(namespace, bytes);
  }

  /** The execution under way has changed this row. */
  touch(namespace: string, key: Uint8Array): void {
    this.#touched.push({ namespace, key });
  }

  /** At the end of an execution: brings each namespace that has a quota back within it. */
  enforce(sequence: Sequence, quotas: ReadonlyMap<string, number>): void {
    const touched = this.#touched;
    this.#touched = [];
    for (const namespace of this.#aged.keys()) {
      if (!quotas.has(namespace)) this.#aged.delete(namespace);
    }
    for (const [namespace, quotaBytes] of quotas) {
      const isOver = this.bytesOf(namespace) > quotaBytes;
      if (!isOver && !this.#aged.has(namespace)) continue;
      const queue = this.#queueOf(namespace, sequence);
      const mine = touched.filter((each) => each.namespace === namespace);
      mine.sort((left, right) => compareBytes(left.key, right.key));
      for (const { key } of mine) queue.push({ sequence, key });
      if (isOver) this.#evict(namespace, quotaBytes, queue);
    }
  }

  /** Everything derived is to be built anew: the rows were replaced. */
  clear(): void {
    this.#aged.clear();
  }

  #evict(namespace: string, quotaBytes: number, queue: AgedQueue): void {
    for (let count = 0; count < EVICTION_COUNT_MAX && this.bytesOf(namespace) > quotaBytes;) {
      const first = queue.take();
      if (first === undefined) return;
      const row = this.#rows.get(first.key);
      if (row === undefined || row.sequence !== first.sequence || weightOf(row) === 0) continue;
      this.#rows.remove(first.key, row);
      count++;
    }
  }

  /** Built when it is first needed, but for what this execution touched; followed from then on. */
  #queueOf(namespace: string, sequence: Sequence): AgedQueue {
    const known = this.#aged.get(namespace);
    if (known !== undefined) return known;
    const items: Aged[] = [];
    for (const key of this.#rows.keys()) {
      const row = this.#rows.get(key);
      if (row?.namespace !== namespace || row.sequence >= sequence) continue;
      items.push({ sequence: row.sequence, key });
    }
    items.sort(
      (left, right) => left.sequence - right.sequence || compareBytes(left.key, right.key),
    );
    const queue = new AgedQueue(items);
    this.#aged.set(namespace, queue);
    return queue;
  }
}

/** First in, first out; of a key that comes again only its last place counts. */
class AgedQueue {
  #items: (Aged | undefined)[];
  #first = 0;
  #places = new Map<string, number>();

  constructor(items: readonly Aged[]) {
    this.#items = [...items];
    this.#index();
  }

  push(item: Aged): void {
    const text = keyText(item.key);
    const place = this.#places.get(text);
    if (place !== undefined) this.#items[place] = undefined;
    this.#places.set(text, this.#items.length);
    this.#items.push(item);
    // Half of it is holes: closing them costs each push one step more.
    if (this.#items.length > 2 * this.#places.size + 64) this.#close();
  }

  take(): Aged | undefined {
    while (this.#first < this.#items.length) {
      const item = this.#items[this.#first];
      this.#items[this.#first++] = undefined;
      if (item === undefined) continue;
      this.#places.delete(keyText(item.key));
      return item;
    }
    return undefined;
  }

  #close(): void {
    this.#items = this.#items.filter((item) => item !== undefined);
    this.#first = 0;
    this.#index();
  }

  #index(): void {
    this.#places = new Map();
    for (const [place, item] of this.#items.entries()) {
      if (item !== undefined) this.#places.set(keyText(item.key), place);
    }
  }
}

function weightOf(row: EntryRow | undefined): number {
  if (row?.state !== ENTRY_CONFIRMED && row?.state !== ENTRY_PENDING) return 0;
  return row.size;
}
