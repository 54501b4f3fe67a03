import { invariant } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";

/** A write set of the usual size. */
const SCRATCH_BYTES = 64 * 1024;
/** A scratch that grew beyond this for one large message does not stay. */
const SCRATCH_BYTES_MAX = 1024 * 1024;
/** Small encodings are parts of a slab: an allocation each would cost more than encoding them. */
const SLAB_BYTES = 16 * 1024;
/** A larger one has bytes of its own, so that who keeps it keeps nothing else alive. */
const SLAB_SHARE_BYTES_MAX = 2 * 1024;

/** Up to here V8 keeps the bytes of an array beside it, and a loop beats a call. */
const ON_HEAP_BYTES_MAX = 64;

/** With `u` a surrogate matches only where its other half is missing. */
const LONE_SURROGATE = /\p{Surrogate}/u;

const TWO_TO_7 = 128;
const TWO_TO_31 = 2 ** 31;

/**
 * Writes a message from its end to its beginning: when a length has to be written, what it counts
 * stands there already, so nothing is measured beforehand or moved afterwards.
 */
export class WireWriter {
  #scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  #at = SCRATCH_BYTES;
  #slab: Uint8Array = new Uint8Array(SLAB_BYTES);
  #slabAt = 0;

  /** Bytes written since {@link begin}. */
  get size(): number {
    return this.#scratch.length - this.#at;
  }

  /** Drops what an encoder that threw left behind. */
  begin(): void {
    this.#at = this.#scratch.length;
  }

  /** The encoding, for the caller to keep. */
  finish(): Uint8Array {
    const { size } = this;
    if (size <= ON_HEAP_BYTES_MAX) return this.#copyTo(new Uint8Array(size));
    const written = this.#scratch.subarray(this.#at);
    if (size > SLAB_SHARE_BYTES_MAX) {
      if (this.#scratch.length <= SCRATCH_BYTES_MAX) return written.slice();
      this.#scratch = new Uint8Array(SCRATCH_BYTES);
      return written;
    }
    if (SLAB_BYTES - this.#slabAt < size) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#slabAt = 0;
    }
    const kept = this.#slab.subarray(this.#slabAt, this.#slabAt + size);
    kept.set(written);
    this.#slabAt += size;
    return kept;
  }

  #copyTo(bytes: Uint8Array): Uint8Array {
    const scratch = this.#scratch;
    const at = this.#at;
    for (let index = 0; index < bytes.length; index++) bytes[index] = scratch[at + index]!;
    return bytes;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#scratch[--this.#at] = value;
  }

  /** A safe integer, in as few groups of seven bits as it needs. */
  varint(value: number): void {
    if (value < TWO_TO_7) {
      this.byte(value);
      return;
    }
    const size = varintSize(value);
    this.#reserve(size);
    this.#at -= size;
    let rest = value;
    let at = this.#at;
    for (let index = 1; index < size; index++) {
      this.#scratch[at++] = (rest % TWO_TO_7) | TWO_TO_7;
      rest = rest < TWO_TO_31 ? rest >>> 7 : Math.floor(rest / TWO_TO_7);
    }
    this.#scratch[at] = rest;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    const at = this.#at - bytes.length;
    this.#at = at;
    const scratch = this.#scratch;
    if (bytes.length > ON_HEAP_BYTES_MAX) scratch.set(bytes, at);
    else for (let index = 0; index < bytes.length; index++) scratch[at + index] = bytes[index]!;
  }

  /** UTF-8; a lone surrogate has none. */
  text(value: string): void {
    const size = value.length;
    this.#reserve(size);
    const from = this.#at - size;
    for (let index = 0; index < size; index++) {
      const unit = value.charCodeAt(index);
      if (unit >= 0x80) {
        invariant(!LONE_SURROGATE.test(value), "text without lone surrogates");
        this.raw(utf8(value));
        return;
      }
      this.#scratch[from + index] = unit;
    }
    this.#at = from;
  }

  /** Eight bytes, big-endian. */
  uint64(value: bigint): void {
    this.#reserve(8);
    this.#word(Number(value & 0xffff_ffffn));
    this.#word(Number(value >> 32n));
  }

  #word(value: number): void {
    this.#at -= 4;
    this.#scratch[this.#at] = value >>> 24;
    this.#scratch[this.#at + 1] = value >>> 16;
    this.#scratch[this.#at + 2] = value >>> 8;
    this.#scratch[this.#at + 3] = value;
  }

  #reserve(size: number): void {
    if (this.#at >= size) return;
    const grown = new Uint8Array(2 * (this.size + size) + SCRATCH_BYTES);
    const at = grown.length - this.size;
    grown.set(this.#scratch.subarray(this.#at), at);
    this.#scratch = grown;
    this.#at = at;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let bound = TWO_TO_7; value >= bound; bound *= TWO_TO_7) size++;
  return size;
}
