import type { Meter } from "../frame/meter.ts";

const BYTES_EACH = 4;

/** A list of 32-bit numbers whose memory is counted. Hot loops take `ints` and index it. */
export class GrowingInts {
  readonly #meter: Meter;
  ints: Int32Array;
  size = 0;

  constructor(meter: Meter, capacity = 64) {
    this.#meter = meter;
    meter.hold(capacity * BYTES_EACH);
    this.ints = new Int32Array(capacity);
  }

  push(value: number): void {
    if (this.size === this.ints.length) this.reserve(1);
    this.ints[this.size++] = value;
  }

  at(index: number): number {
    return this.ints[index]!;
  }

  /** Room for so many more; may replace `ints`. */
  reserve(count: number): void {
    const needed = this.size + count;
    if (needed <= this.ints.length) return;
    const capacity = Math.max(2 * this.ints.length, needed);
    this.#meter.hold(capacity * BYTES_EACH);
    const grown = new Int32Array(capacity);
    grown.set(this.ints);
    this.#meter.release(this.ints.length * BYTES_EACH);
    this.ints = grown;
  }
}
