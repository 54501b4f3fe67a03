import { fromUtf8 } from "../bytes.ts";

/** Why bytes are no part of a recording; the reader turns it into a gap. */
export class JournalRefusal extends Error {
  constructor(why: string) {
    super(why);
    this.name = "JournalRefusal";
  }
}

/** 2^53 − 1 has eight groups of seven bits, the last of four. */
const VARINT_SIZE_MAX = 8;

/** Reads hostile bytes from front to back; what has two encodings is refused in all but one. */
export class ByteCursor {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at];
    if (value === undefined) throw new JournalRefusal("cut off");
    this.at++;
    return value;
  }

  /** @throws JournalRefusal unless it is minimal and at most `max`, at most 2^53 − 1 */
  varint(max: number = Number.MAX_SAFE_INTEGER): number {
    let byte = this.byte();
    let value = byte & 0x7f;
    let unit = 128;
    for (let size = 1; byte >= 0x80; size++) {
      if (size === VARINT_SIZE_MAX) throw new JournalRefusal("number too long");
      byte = this.byte();
      if (byte === 0) throw new JournalRefusal("number not in its only encoding");
      value += (byte & 0x7f) * unit;
      unit *= 128;
    }
    if (value > max) throw new JournalRefusal(`number beyond ${max}`);
    return value;
  }

  /** A signed number of at most 52 bits. */
  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** How many of something that takes at least `sizeMin` bytes each: never more than can follow. */
  count(max: number, sizeMin: number): number {
    const count = this.varint(max);
    if (count * sizeMin > this.bytes.length - this.at) throw new JournalRefusal("cut off");
    return count;
  }

  text(sizeMax: number): string {
    const size = this.varint(sizeMax);
    const text = fromUtf8(this.#take(size));
    if (text === undefined) throw new JournalRefusal("text is not UTF-8");
    return text;
  }

  float(): number {
    this.#take(8);
    return this.#view.getFloat64(this.at - 8);
  }

  skip(size: number): void {
    this.#take(size);
  }

  #take(size: number): Uint8Array {
    if (size > this.bytes.length - this.at) throw new JournalRefusal("cut off");
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}
