import { utf8 } from "../../base/bytes.ts";

const SIZE_FIRST = 256;

/** Grows as it is written. Numbers are base-128 varints, low part first, in their shortest form. */
export class ByteWriter {
  #bytes = new Uint8Array(SIZE_FIRST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#size++] = value;
  }

  /** Of a whole number from 0 to 2^32-1. */
  varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#size++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#size++] = rest;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#size);
    this.#size += value.length;
  }

  /** Short ones: a loop beats the call into the engine. */
  slice(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start);
    for (let at = start; at < end; at++) this.#bytes[this.#size++] = source[at]!;
  }

  /** With its length in front. */
  text(value: string): void {
    const encoded = utf8(value);
    this.varint(encoded.length);
    this.bytes(encoded);
  }

  /** A copy; the writer may go on or be {@link reset}. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#size);
  }

  reset(): void {
    this.#size = 0;
  }

  #reserve(count: number): void {
    if (this.#size + count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#size + count));
    grown.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = grown;
  }
}
