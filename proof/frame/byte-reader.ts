import { fromUtf8 } from "../../base/bytes.ts";
import { reject } from "./stop.ts";

/**
 * The strict other side of byte-writer.ts: one form for each number, nothing beyond the end.
 * Rejects with `cut-short`, `number-not-shortest`, `number-too-large`, `text-not-utf8`,
 * `bytes-left`.
 */
export class ByteReader {
  readonly source: Uint8Array;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.source = bytes;
  }

  get left(): number {
    return this.source.length - this.offset;
  }

  byte(): number {
    if (this.offset >= this.source.length) reject("cut-short", this.offset);
    return this.source[this.offset++]!;
  }

  /** From 0 to `max`, itself at most 2^32-1. */
  varint(max: number): number {
    const start = this.offset;
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 5; count++) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        if (byte === 0 && count > 0) reject("number-not-shortest", start);
        if (value > max) reject("number-too-large", start);
        return value;
      }
      scale *= 128;
    }
    return reject("number-too-large", start);
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    const start = this.skip(count);
    return this.source.subarray(start, this.offset);
  }

  /** Over bytes that are then read from `source`; answers where they start. */
  skip(count: number): number {
    if (count > this.left) reject("cut-short", this.source.length);
    this.offset += count;
    return this.offset - count;
  }

  text(bytesMax: number): string {
    const start = this.offset;
    const text = fromUtf8(this.bytes(this.varint(bytesMax)));
    return text ?? reject("text-not-utf8", start);
  }

  end(): void {
    if (this.left > 0) reject("bytes-left", this.offset);
  }
}
