import { utf8 } from "../bytes.ts";

/** Writes what {@link ByteCursor} reads, from front to back, into memory that grows. */
export class ByteSink {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  size = 0;

  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What was written, until the next write. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.size);
  }

  clear(): void {
    this.size = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.size++] = value;
  }

  /** A safe integer, not negative. */
  varint(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 128) {
      this.#bytes[this.size++] = (rest % 128) | 128;
      rest = rest < 0x8000_0000 ? rest >>> 7 : Math.floor(rest / 128);
    }
    this.#bytes[this.size++] = rest;
  }

  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(value: string): void {
    const bytes = utf8(value);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.size, value);
    this.size += 8;
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.size, value);
    this.size += 4;
  }

  uint48(value: number): void {
    this.#reserve(6);
    this.#view.setUint16(this.size, Math.floor(value / 2 ** 32));
    this.#view.setUint32(this.size + 2, value % 2 ** 32);
    this.size += 6;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.size);
    this.size += bytes.length;
  }

  #reserve(more: number): void {
    if (this.#bytes.length - this.size >= more) return;
    const grown = new Uint8Array(2 * (this.size + more));
    grown.set(this.written);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
