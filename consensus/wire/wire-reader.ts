import { fromUtf8, readUint64 } from "../../base/bytes.ts";

/** What decoding throws; `message` says where in the message and what was wrong. */
export class DecodeRefusal extends Error {
  constructor(why: string) {
    super(why);
    this.name = "DecodeRefusal";
  }
}

export function refuseUnless(condition: boolean, why: string): asserts condition {
  if (!condition) throw new DecodeRefusal(why);
}

/** 2^53 − 1 has eight groups of seven bits, the last of four. */
const VARINT_SIZE_MAX = 8;
const TWO_TO_7 = 128;

/**
 * A cursor over hostile bytes. Nothing is read past `end`, and whatever has two encodings is
 * refused in all but the shortest.
 */
export class WireReader {
  readonly bytes: Uint8Array;
  at = 0;
  /** Where the innermost message that is being read ends. */
  end: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.end = bytes.length;
  }

  /** @throws DecodeRefusal unless it is minimal and at most 2^53 − 1 */
  varint(): number {
    refuseUnless(this.at < this.end, "cut off");
    const first = this.bytes[this.at++]!;
    return first < TWO_TO_7 ? first : this.#rest(first);
  }

  #rest(first: number): number {
    let value = first - TWO_TO_7;
    let unit = TWO_TO_7;
    for (let size = 2; size <= VARINT_SIZE_MAX; size++) {
      refuseUnless(this.at < this.end, "cut off");
      const byte = this.bytes[this.at++]!;
      if (byte < TWO_TO_7) {
        refuseUnless(byte !== 0, "not in its only encoding");
        value += byte * unit;
        refuseUnless(value <= Number.MAX_SAFE_INTEGER, "out of range");
        return value;
      }
      value += (byte - TWO_TO_7) * unit;
      unit *= TWO_TO_7;
    }
    throw new DecodeRefusal("out of range");
  }

  /** Into a message that begins with its length; answers the end to go back to. */
  enter(): number {
    const outerEnd = this.end;
    const size = this.varint();
    refuseUnless(size <= outerEnd - this.at, "cut off");
    this.end = this.at + size;
    return outerEnd;
  }

  /** Steps over this tag if it comes next. */
  takeTag(tag: number): boolean {
    if (tag < TWO_TO_7) {
      if (this.at === this.end || this.bytes[this.at] !== tag) return false;
      this.at += 1;
      return true;
    }
    const { at } = this;
    if (at < this.end && this.varint() === tag) return true;
    this.at = at;
    return false;
  }

  /** A length and so many bytes, which stay where they lie. */
  part(sizeMax: number): Uint8Array {
    const size = this.varint();
    refuseUnless(size <= sizeMax, `longer than ${sizeMax} bytes`);
    refuseUnless(size <= this.end - this.at, "cut off");
    this.at += size;
    const { bytes } = this;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + this.at - size, size);
  }

  /** As {@link part}, copied out. */
  copy(sizeMax: number): Uint8Array {
    const size = this.varint();
    refuseUnless(size <= sizeMax, `longer than ${sizeMax} bytes`);
    return this.#take(size);
  }

  fixed(size: number): Uint8Array {
    refuseUnless(this.varint() === size, `not ${size} bytes`);
    return this.#take(size);
  }

  uint64(): bigint {
    refuseUnless(this.varint() === 8, "not 8 bytes");
    refuseUnless(this.end - this.at >= 8, "cut off");
    this.at += 8;
    return readUint64(this.bytes, this.at - 8);
  }

  text(sizeMax: number): string {
    const size = this.varint();
    refuseUnless(size <= sizeMax, `longer than ${sizeMax} bytes`);
    refuseUnless(size <= this.end - this.at, "cut off");
    this.at += size;
    const part = this.bytes.subarray(this.at - size, this.at);
    const text = isShortAscii(part) ? asciiText(part) : fromUtf8(part);
    refuseUnless(text !== undefined, "not text");
    return text;
  }

  #take(size: number): Uint8Array {
    refuseUnless(size <= this.end - this.at, "cut off");
    const copy = new Uint8Array(size);
    const { bytes, at } = this;
    // Short ones by hand: a call into the engine's copying costs more than thirty bytes do.
    if (size > 64) copy.set(bytes.subarray(at, at + size));
    else for (let index = 0; index < size; index++) copy[index] = bytes[at + index]!;
    this.at += size;
    return copy;
  }
}

/** What a call may safely take as arguments; names and kinds are shorter. */
const ASCII_SIZE_MAX = 1024;

function isShortAscii(bytes: Uint8Array): boolean {
  if (bytes.length > ASCII_SIZE_MAX) return false;
  for (let index = 0; index < bytes.length; index++) if (bytes[index]! >= 0x80) return false;
  return true;
}

function asciiText(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}
