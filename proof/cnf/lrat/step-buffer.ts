import { concatBytes } from "../../../base/bytes.ts";
import type { Meter } from "../../frame/meter.ts";

/**
 * What has come of a proof and is not yet read. A step that a chunk's end cuts through is read
 * again when more has come, but not before what waits has doubled: so a step in a thousand chunks
 * costs twice its size, and not a thousand times.
 */
export class StepBuffer {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where in `bytes` the next step begins. */
  at = 0;
  /** Where in the proof `bytes` begins. */
  base: number;
  readonly #meter: Meter;
  #held = 0;
  #sizeNext = 0;

  constructor(meter: Meter, base = 0) {
    this.#meter = meter;
    this.base = base;
  }

  push(chunk: Uint8Array): void {
    this.#meter.offset = this.base + this.bytes.length;
    this.#meter.read(chunk.length);
    const left = this.bytes.length - this.at;
    this.base += this.at;
    const size = left + chunk.length;
    this.#meter.hold(size);
    this.bytes = left === 0 ? chunk : concatBytes(this.bytes.subarray(this.at), chunk);
    this.#meter.release(this.#held);
    this.#held = size;
    this.at = 0;
  }

  /** Whether it is worth trying to read a step now. */
  get isWorthReading(): boolean {
    const left = this.bytes.length - this.at;
    return left > 0 && left >= this.#sizeNext;
  }

  /** The step that begins at `at` is not whole. */
  wait(): void {
    this.#sizeNext = 2 * (this.bytes.length - this.at);
  }

  advance(to: number): void {
    this.at = to;
    this.#sizeNext = 0;
  }

  /** At the proof's end what is left is read whatever its size. */
  hurry(): void {
    this.#sizeNext = 0;
  }

  get end(): number {
    return this.base + this.bytes.length;
  }
}
