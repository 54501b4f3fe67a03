import { Malformed } from "../digest/archive/malformed.ts";

/** `count` bits (31 at most) from bit `at` on, least significant first; zeros outside. */
export function bitsAt(bytes: Uint8Array, at: number, count: number): number {
  if (count === 0) return 0;
  const first = Math.floor(at / 8);
  const shift = at - 8 * first;
  if (shift + count <= 24) {
    const word =
      (bytes[first] ?? 0) | ((bytes[first + 1] ?? 0) << 8) | ((bytes[first + 2] ?? 0) << 16);
    return (word >> shift) & ((1 << count) - 1);
  }
  let value = 0;
  for (let index = 4; index >= 0; index--) value = value * 256 + (bytes[first + index] ?? 0);
  return Math.floor(value / 2 ** shift) % 2 ** count;
}

/**
 * A bit stream that is read from its end (RFC 8878, 4.1): the highest bit of the last byte marks
 * where it begins. Behind its start it gives zeros; `left` below zero tells how many.
 */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  left: number;

  /** @throws Malformed */
  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw new Malformed("a bit stream has no end mark");
    this.#bytes = bytes;
    this.left = 8 * bytes.length - 1 - Math.clz32(last << 24);
  }

  read(count: number): number {
    this.left -= count;
    if (this.left >= 0) return bitsAt(this.#bytes, this.left, count);
    const there = count + this.left;
    return there <= 0 ? 0 : bitsAt(this.#bytes, 0, there) * 2 ** -this.left;
  }
}
