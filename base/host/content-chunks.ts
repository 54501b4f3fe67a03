import { hash } from "node:crypto";

/**
 * FastCDC 2020 (Xia et al., IEEE TPDS 2020) as the Remote Execution API names it: a rolling hash
 * over the last 64 bytes decides where a chunk ends, so that an edit moves only the borders beside
 * it, and equal parts of different values become equal chunks.
 */

export interface ChunkSizes {
  /** No chunk but the last is smaller: not a byte before it is looked at. */
  readonly min: number;
  /** A power of two. */
  readonly average: number;
  readonly max: number;
}

/** What the Remote Execution API advises, and its clients use. */
export const CHUNK_SIZES: ChunkSizes = {
  min: 128 * 1024,
  average: 512 * 1024,
  max: 2 * 1024 * 1024,
};

/** How much likelier a chunk ends past the average, and less likely before it: 2 bits (§3.4). */
const NORMALIZATION = 2;

/** Which bits of the hash must be zero, by their number: high and low half, as published. */
export const CHUNK_MASKS: ReadonlyMap<number, readonly [number, number]> = new Map([
  [12, [0x0000d901, 0x03530000]],
  [16, [0x0000d903, 0x03537000]],
  [17, [0x0000d907, 0x03537000]],
  [21, [0x0000d917, 0x67537000]],
]);

/** A number for each byte, in two halves: the first 8 bytes of the MD5 of 64 of it. */
const GEAR_HIGH = new Int32Array(256);
const GEAR_LOW = new Uint32Array(256);
for (let byte = 0; byte < 256; byte++) {
  const digest = hash("md5", new Uint8Array(64).fill(byte), "buffer");
  GEAR_HIGH[byte] = digest.readInt32BE(0);
  GEAR_LOW[byte] = digest.readUInt32BE(4);
}

/** Finds the ends of chunks. */
export class ContentChunker {
  readonly sizes: ChunkSizes;
  readonly #early: readonly [number, number];
  readonly #late: readonly [number, number];

  /** @throws RangeError there are no masks for such an average */
  constructor(sizes: ChunkSizes = CHUNK_SIZES) {
    const bits = Math.log2(sizes.average);
    const early = CHUNK_MASKS.get(bits + NORMALIZATION);
    const late = CHUNK_MASKS.get(bits - NORMALIZATION);
    if (early === undefined || late === undefined) {
      throw new RangeError(`no chunks of ${sizes.average} bytes on average`);
    }
    this.sizes = sizes;
    this.#early = early;
    this.#late = late;
  }

  /**
   * How long the chunk is that begins at `start`. `bytes` must hold `sizes.max` bytes from there on
   * or end where the value ends.
   */
  lengthAt(bytes: Uint8Array, start: number): number {
    const { min, average, max } = this.sizes;
    const left = Math.min(bytes.length - start, max);
    if (left <= min) return left;
    // The hash is rolled by two bytes at a time: a last odd one is not looked at (§3.7).
    const center = start + (Math.min(average, left) & ~1);
    const end = start + (left & ~1);
    let high = 0;
    let low = 0;
    let [maskHigh, maskLow] = this.#early;
    for (let at = start + min; at < end; at++) {
      if (at === center) [maskHigh, maskLow] = this.#late;
      const byte = bytes[at]!;
      const sum = ((low << 1) >>> 0) + GEAR_LOW[byte]!;
      const carry = sum > 0xffff_ffff ? 1 : 0;
      high = (((high << 1) | (low >>> 31)) + GEAR_HIGH[byte]! + carry) | 0;
      low = sum | 0;
      if ((high & maskHigh) === 0 && (low & maskLow) === 0) return at - start;
    }
    return left;
  }
}
