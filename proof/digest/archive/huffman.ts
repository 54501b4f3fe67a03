import { Malformed } from "./malformed.ts";

const LENGTH_MAX = 15;
/** Codes up to this length are decoded by one look into a table; building it stays cheap. */
const FAST_BITS = 9;

/** One Huffman code of a deflate stream (RFC 1951 §3.2.2). */
export class Huffman {
  /** By the next FAST_BITS bits: symbol shifted by 4, or'ed with the code's length; 0: longer. */
  readonly fast: Uint16Array = new Uint16Array(1 << FAST_BITS);
  readonly #counts = new Uint16Array(LENGTH_MAX + 1);
  readonly #symbols: Uint16Array;

  /** `lengths[symbol]` is the length of its code, 0 for none. @throws Malformed */
  constructor(lengths: Uint8Array) {
    const counts = this.#counts;
    for (const length of lengths) counts[length] = counts[length]! + 1;
    counts[0] = 0;
    let left = 1;
    let used = 0;
    for (let length = 1; length <= LENGTH_MAX; length++) {
      left = left * 2 - counts[length]!;
      used += counts[length]!;
      if (left < 0) throw new Malformed("a code has more words than fit");
    }
    // One symbol may have a code of one bit and nothing beside it; any other gap is an error.
    if (left > 0 && used > 1) throw new Malformed("a code has words without a symbol");
    this.#symbols = new Uint16Array(used);
    this.#build(lengths);
  }

  #build(lengths: Uint8Array): void {
    const next = new Uint16Array(LENGTH_MAX + 2);
    const codes = new Uint16Array(LENGTH_MAX + 2);
    for (let length = 1; length <= LENGTH_MAX; length++) {
      next[length + 1] = next[length]! + this.#counts[length]!;
      codes[length + 1] = (codes[length]! + this.#counts[length]!) << 1;
    }
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      const length = lengths[symbol]!;
      if (length === 0) continue;
      this.#symbols[next[length]!] = symbol;
      next[length] = next[length]! + 1;
      const code = codes[length]!;
      codes[length] = code + 1;
      if (length > FAST_BITS) continue;
      const step = 1 << length;
      for (let at = reversed(code, length); at < 1 << FAST_BITS; at += step) {
        this.fast[at] = (symbol << 4) | length;
      }
    }
  }

  /** Of the next bits, lowest first: symbol shifted by 4, or'ed with its length. @throws Malformed */
  slow(bits: number): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LENGTH_MAX; length++) {
      code |= (bits >>> (length - 1)) & 1;
      const count = this.#counts[length]!;
      if (code - count < first) return (this.#symbols[index + code - first]! << 4) | length;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Malformed("a code word has no symbol");
  }
}

function reversed(code: number, length: number): number {
  let result = 0;
  for (let bit = 0; bit < length; bit++) result |= ((code >>> bit) & 1) << (length - 1 - bit);
  return result;
}
