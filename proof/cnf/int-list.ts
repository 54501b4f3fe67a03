import type { Meter } from "../frame/meter.ts";

const CAPACITY_FIRST = 64;
const BYTES_EACH = 4;

/**
 * 32-bit numbers that become more; the array is open to hot loops. Growth is paid for at the meter
 * before it happens.
 */
export class IntList {
  items: Int32Array;
  length = 0;
  readonly #meter: Meter;

  constructor(meter: Meter, capacity: number = CAPACITY_FIRST) {
    meter.hold(capacity * BYTES_EACH);
    this.#meter = meter;
    this.items = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.length === this.items.length) this.reserve(1);
    this.items[this.length++] = value;
  }

  /** Room for so many more. */
  reserve(count: number): void {
    const needed = this.length + count;
    const before = this.items.length;
    if (needed <= before) return;
    const capacity = Math.max(needed, before + (before >>> 1) + CAPACITY_FIRST);
    this.#meter.hold(capacity * BYTES_EACH);
    const grown = new Int32Array(capacity);
    grown.set(this.items.subarray(0, this.length));
    this.items = grown;
    this.#meter.release(before * BYTES_EACH);
  }

  /** A view; valid until the next growth. */
  view(): Int32Array {
    return this.items.subarray(0, this.length);
  }

  /** A copy that is as long as its content, and the list holds nothing any more. */
  take(): Int32Array {
    const content = this.items.slice(0, this.length);
    this.#meter.hold(content.length * BYTES_EACH);
    this.free();
    return content;
  }

  free(): void {
    this.#meter.release(this.items.length * BYTES_EACH);
    this.items = new Int32Array(0);
    this.length = 0;
  }
}
