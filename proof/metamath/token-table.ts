import type { ByteWriter } from "../frame/byte-writer.ts";
import type { Meter } from "../frame/meter.ts";
import { GrowingInts } from "./growing-ints.ts";

const SLOTS_FIRST = 1 << 7;
const BYTES_FIRST = 1 << 9;
/** An honest look-up takes one or two; whoever crafts collisions pays for each of them. */
const PROBES_FREE = 8;

const HASH_START = 0x811c9dc5 | 0;
const HASH_PRIME = 0x01000193;

/** FNV-1a; the scanner computes it along the way. */
export function hashToken(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_START;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME);
  return hash;
}

/** Numbers distinct tokens from 0, without making a string of any. */
export class TokenTable {
  readonly #meter: Meter;
  #slots = new Int32Array(SLOTS_FIRST).fill(-1);
  #bytes = new Uint8Array(BYTES_FIRST);
  #byteCount = 0;
  /** End of each token's bytes; a token starts where the one before ends. */
  readonly #ends: GrowingInts;
  readonly #hashes: GrowingInts;

  constructor(meter: Meter) {
    this.#meter = meter;
    meter.hold(SLOTS_FIRST * 4 + BYTES_FIRST);
    this.#ends = new GrowingInts(meter);
    this.#hashes = new GrowingInts(meter);
  }

  get count(): number {
    return this.#ends.size;
  }

  /** The token's number; a new one when it was never seen. */
  intern(source: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.#slotOf(source, start, end, hash);
    const known = this.#slots[slot]!;
    if (known >= 0) return known;
    const token = this.#ends.size;
    this.#slots[slot] = token;
    this.#append(source, start, end);
    this.#hashes.push(hash);
    if (2 * (token + 1) > this.#slots.length) this.#rehash();
    return token;
  }

  /** -1 when it was never seen. */
  find(source: Uint8Array, start: number, end: number, hash: number): number {
    return this.#slots[this.#slotOf(source, start, end, hash)]!;
  }

  /** A view. */
  bytesOf(token: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(token), this.#ends.at(token));
  }

  /** 2 * length, and the bytes. */
  write(token: number, writer: ByteWriter): void {
    const start = this.#startOf(token);
    const end = this.#ends.at(token);
    writer.varint(2 * (end - start));
    writer.slice(this.#bytes, start, end);
  }

  /** For messages; tokens are ASCII. */
  textOf(token: number): string {
    return String.fromCharCode(...this.bytesOf(token).subarray(0, 64));
  }

  /** By their bytes, so that no order of declaration shows. */
  compare(left: number, right: number): number {
    if (left === right) return 0;
    const bytes = this.#bytes;
    let at = this.#startOf(left);
    let other = this.#startOf(right);
    const [end, otherEnd] = [this.#ends.at(left), this.#ends.at(right)];
    while (at < end && other < otherEnd) {
      const difference = bytes[at++]! - bytes[other++]!;
      if (difference !== 0) return difference;
    }
    return end - at - (otherEnd - other);
  }

  #startOf(token: number): number {
    return token === 0 ? 0 : this.#ends.at(token - 1);
  }

  #slotOf(source: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    let probes = 0;
    for (;;) {
      const token = slots[slot]!;
      if (token < 0) return slot;
      if (this.#hashes.ints[token] === hash && this.#equals(token, source, start, end)) return slot;
      slot = (slot + 1) & mask;
      if (++probes > PROBES_FREE) this.#meter.spend(1);
    }
  }

  #equals(token: number, source: Uint8Array, start: number, end: number): boolean {
    const own = this.#startOf(token);
    const length = end - start;
    if (this.#ends.ints[token]! - own !== length) return false;
    const bytes = this.#bytes;
    for (let index = 0; index < length; index++) {
      if (bytes[own + index] !== source[start + index]) return false;
    }
    return true;
  }

  #append(source: Uint8Array, start: number, end: number): void {
    const size = this.#byteCount + end - start;
    if (size > this.#bytes.length) {
      const capacity = Math.max(2 * this.#bytes.length, size);
      this.#meter.hold(capacity);
      const grown = new Uint8Array(capacity);
      grown.set(this.#bytes);
      this.#meter.release(this.#bytes.length);
      this.#bytes = grown;
    }
    this.#bytes.set(source.subarray(start, end), this.#byteCount);
    this.#byteCount = size;
    this.#ends.push(size);
  }

  #rehash(): void {
    const capacity = 2 * this.#slots.length;
    this.#meter.hold(capacity * 4);
    const slots = new Int32Array(capacity).fill(-1);
    this.#meter.release(this.#slots.length * 4);
    for (let token = 0; token < this.count; token++) {
      const hash = this.#hashes.at(token);
      let slot = (hash ^ (hash >>> 15)) & (capacity - 1);
      let probes = 0;
      while (slots[slot]! >= 0) {
        slot = (slot + 1) & (capacity - 1);
        if (++probes > PROBES_FREE) this.#meter.spend(1);
      }
      slots[slot] = token;
    }
    this.#slots = slots;
  }
}
