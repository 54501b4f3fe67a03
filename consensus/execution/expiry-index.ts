import { compareBytes } from "../../base/bytes.ts";
import type { Hlc } from "../../base/types.ts";

interface Due {
  readonly expiry: Hlc;
  readonly key: Uint8Array;
}

/**
 * Which entry ends next: a binary heap by (expiry, key), derived from the entry rows. An item
 * whose row has changed since is stale; `take` asks and drops it, and does not count it, because
 * a replica that was restarted does not have it.
 */
export class ExpiryIndex {
  #heap: Due[] = [];

  get size(): number {
    return this.#heap.length;
  }

  add(expiry: Hlc, key: Uint8Array): void {
    const heap = this.#heap;
    const item = { expiry, key };
    let index = heap.length;
    heap.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(item, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = item;
  }

  /** Keys due at `time` in order, at most `countMax`, that `isCurrent` confirms; each once. */
  take(
    time: Hlc,
    countMax: number,
    isCurrent: (key: Uint8Array, expiry: Hlc) => boolean,
  ): Uint8Array[] {
    const due: Uint8Array[] = [];
    while (due.length < countMax) {
      const first = this.#heap[0];
      if (first === undefined || first.expiry > time) break;
      this.#removeFirst();
      const last = due.at(-1);
      if (last !== undefined && compareBytes(last, first.key) === 0) continue;
      if (isCurrent(first.key, first.expiry)) due.push(first.key);
    }
    return due;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const item = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, item)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  }
}

function isBefore(left: Due, right: Due): boolean {
  if (left.expiry !== right.expiry) return left.expiry < right.expiry;
  return compareBytes(left.key, right.key) < 0;
}
