import { ROW_OVERHEAD_BYTES } from "./limits.ts";
import type { Charges } from "./cache-tally.ts";
import * as rows from "./disk-rows.ts";

/** The index's rows as the order sees them, inside a transaction of the index's. */
export interface OrderedRows {
  readonly nowMs: () => number;
  /** Undefined: not there, or not as it was written. */
  readonly read: (key: Buffer) => Buffer | undefined;
  readonly write: (key: Buffer, body: Buffer) => void;
  readonly remove: (key: Buffer) => void;
  readonly keys: (range: {
    readonly start: Buffer;
    readonly end: Buffer;
    readonly limit: number;
  }) => Iterable<Buffer>;
}

/**
 * Which row of L2 was used when. A tick counts uses, so that the order is right whatever the clock
 * does; the time beside it decides about age alone.
 *
 * Each row has one use, and each use one place in the order that leads back to the row.
 */
export class UseOrder {
  /** Of the latest use. */
  tick = 0;
  readonly #rows: OrderedRows;

  constructor(store: OrderedRows) {
    this.#rows = store;
  }

  enter(key: Buffer, charges: Charges): void {
    this.#place(key, charges, this.#rows.nowMs());
  }

  /** To the young end. */
  renew(key: Buffer): void {
    const charges = this.leave(key);
    if (charges !== undefined) this.enter(key, charges);
  }

  /** The charges of a row that was in the order. */
  leave(key: Buffer): Charges | undefined {
    const use = this.#useOf(key);
    if (use === undefined) return undefined;
    this.#rows.remove(rows.orderKey(use.tick));
    this.#rows.remove(rows.useKey(key));
    return use;
  }

  /** From the old end. What leads to no row is removed; a use without a time begins to age now. */
  *oldest(
    count: number,
  ): Generator<{ readonly key: Buffer; readonly usedMs: number }, void, undefined> {
    const range = { start: rows.orderKey(0), end: Buffer.of(rows.SPACE_ORDER + 1), limit: count };
    // Collected first: the caller removes what it walks over.
    for (const order of [...this.#rows.keys(range)]) {
      const key = this.#rows.read(order);
      const use = key && this.#useOf(key);
      if (key === undefined || use === undefined || !rows.orderKey(use.tick).equals(order)) {
        this.#rows.remove(order);
        continue;
      }
      const usedMs = use.usedMs ?? this.#rows.nowMs();
      if (use.usedMs === undefined) this.#writeUse(key, { ...use, usedMs });
      yield { key, usedMs };
    }
  }

  /** Of these keys alone, in the order in which they were used as far as that is known. */
  rebuild(keys: readonly Buffer[], each: (key: Buffer, charges: Charges) => void): void {
    const used = keys.map((key) => ({ key, use: this.#useOf(key) }));
    used.sort((left, right) => (left.use?.tick ?? 0) - (right.use?.tick ?? 0));
    for (const space of [rows.SPACE_ORDER, rows.SPACE_USE]) {
      const range = { start: Buffer.of(space), end: Buffer.of(space + 1) };
      for (const key of [...this.#rows.keys({ ...range, limit: Number.MAX_SAFE_INTEGER })]) {
        this.#rows.remove(key);
      }
    }
    for (const { key, use } of used) {
      const charges = use ?? chargesOf(key, this.#rows.read(key));
      this.#place(key, charges, use?.usedMs ?? this.#rows.nowMs());
      each(key, charges);
    }
  }

  #place(key: Buffer, { charge, plainCharge }: Charges, usedMs: number): void {
    const tick = ++this.tick;
    this.#rows.write(rows.orderKey(tick), key);
    this.#writeUse(key, { tick, charge, plainCharge, usedMs });
  }

  #writeUse(key: Buffer, { tick, charge, usedMs, plainCharge }: rows.TimedUse): void {
    this.#rows.write(rows.useKey(key), rows.encodeFigures([tick, charge, usedMs, plainCharge]));
  }

  #useOf(key: Buffer): rows.Use | undefined {
    const body = this.#rows.read(rows.useKey(key));
    return body && rows.decodeUse(body);
  }
}

/** What a row costs, with what surrounds it. */
export function chargesOf(key: Uint8Array, body: Buffer | undefined): Charges {
  const { stored, plain } = rows.sizesOfRow(key, body);
  return { charge: stored + ROW_OVERHEAD_BYTES, plainCharge: plain + ROW_OVERHEAD_BYTES };
}
