import {
  PRIME32_1,
  PRIME32_2,
  PRIME32_3,
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  PRIME64_5,
  SECRET,
  SECRET_SIZE,
  secret64,
} from "./secret.ts";
import { MASK_64, avalanche, multiplyFold, wrap } from "./mix.ts";
import type { Halves } from "./mix.ts";

export const STRIPE_SIZE = 64;
/** The secret moves on by eight bytes with each stripe, so a block is what it has room for. */
const STRIPES_PER_BLOCK = (SECRET_SIZE - STRIPE_SIZE) / 8;
const LANE_COUNT = 8;
const SCRAMBLE_FACTOR = Number(PRIME32_1);

/** The secret as 32-bit words at every offset that is a multiple of eight. */
const SECRET_WORDS = Int32Array.from({ length: SECRET_SIZE / 4 }, (_, index) =>
  SECRET.getInt32(4 * index, true),
);
/** The last stripe is keyed at an odd offset. */
const LAST_OFFSET = SECRET_SIZE - STRIPE_SIZE - 7;
const LAST_WORDS = Int32Array.from({ length: STRIPE_SIZE / 4 }, (_, index) =>
  SECRET.getInt32(LAST_OFFSET + 4 * index, true),
);

const START: readonly bigint[] = [
  ...[PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3],
  ...[PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1],
];

/**
 * The eight accumulators of XXH3's loop over long inputs. They are 64-bit numbers held as pairs of
 * 32-bit words (low, high), because a bigint for each lane is forty times slower and this loop
 * sees every byte of a value.
 */
export class Stripes {
  readonly #words = new Int32Array(2 * LANE_COUNT);
  #stripesInBlock = 0;

  constructor() {
    for (const [lane, value] of START.entries()) {
      this.#words[2 * lane] = Number(value & 0xffff_ffffn) | 0;
      this.#words[2 * lane + 1] = Number(value >> 32n) | 0;
    }
  }

  /** A stripe after which at least one more byte of input comes. */
  add(input: DataView, offset: number): void {
    this.#accumulate(input, offset, SECRET_WORDS, 2 * this.#stripesInBlock);
    if (++this.#stripesInBlock < STRIPES_PER_BLOCK) return;
    this.#stripesInBlock = 0;
    this.#scramble();
  }

  /** The last 64 bytes of the input, and its size. Nothing is added afterwards. */
  finish(last: DataView, size: number): Halves {
    this.#accumulate(last, 0, LAST_WORDS, 0);
    const count = BigInt(size);
    return {
      low: this.#merge(11, wrap(count * PRIME64_1)),
      high: this.#merge(SECRET_SIZE - STRIPE_SIZE - 11, MASK_64 ^ wrap(count * PRIME64_2)),
    };
  }

  #accumulate(input: DataView, offset: number, secret: Int32Array, secretWord: number): void {
    const words = this.#words;
    for (let lane = 0; lane < LANE_COUNT; lane++) {
      const low = input.getInt32(offset + 8 * lane, true);
      const high = input.getInt32(offset + 8 * lane + 4, true);
      addTo(words, lane ^ 1, low, high);
      const keyedLow = low ^ (secret[secretWord + 2 * lane] as number);
      const keyedHigh = high ^ (secret[secretWord + 2 * lane + 1] as number);
      addTo(words, lane, Math.imul(keyedLow, keyedHigh), multiplyHigh(keyedLow, keyedHigh));
    }
  }

  #scramble(): void {
    const words = this.#words;
    const secretWord = (SECRET_SIZE - STRIPE_SIZE) / 4;
    for (let lane = 0; lane < LANE_COUNT; lane++) {
      const high = words[2 * lane + 1] as number;
      const low = (words[2 * lane] as number) ^ (high >>> 15);
      const keyedLow = low ^ (SECRET_WORDS[secretWord + 2 * lane] as number);
      const keyedHigh = high ^ (SECRET_WORDS[secretWord + 2 * lane + 1] as number);
      words[2 * lane] = Math.imul(keyedLow, SCRAMBLE_FACTOR);
      words[2 * lane + 1] =
        multiplyHigh(keyedLow, SCRAMBLE_FACTOR) + Math.imul(keyedHigh, SCRAMBLE_FACTOR);
    }
  }

  #merge(secretOffset: number, start: bigint): bigint {
    let sum = start;
    for (let lane = 0; lane < LANE_COUNT; lane += 2) {
      sum += multiplyFold(
        this.#lane(lane) ^ secret64(secretOffset + 8 * lane),
        this.#lane(lane + 1) ^ secret64(secretOffset + 8 * lane + 8),
      );
    }
    return avalanche(wrap(sum));
  }

  #lane(lane: number): bigint {
    const low = (this.#words[2 * lane] as number) >>> 0;
    const high = (this.#words[2 * lane + 1] as number) >>> 0;
    return BigInt(low) | (BigInt(high) << 32n);
  }
}

function addTo(words: Int32Array, lane: number, low: number, high: number): void {
  const sum = ((words[2 * lane] as number) >>> 0) + (low >>> 0);
  words[2 * lane] = sum;
  words[2 * lane + 1] = (words[2 * lane + 1] as number) + high + (sum > 0xffff_ffff ? 1 : 0);
}

/** The high 32 bits of the product of two unsigned 32-bit words. */
function multiplyHigh(left: number, right: number): number {
  const leftLow = left & 0xffff;
  const leftHigh = left >>> 16;
  const rightLow = right & 0xffff;
  const rightHigh = right >>> 16;
  // Each product is at most (2^16 − 1)^2, so these sums stay below 2^32 and exact.
  const middle = leftHigh * rightLow + ((leftLow * rightLow) >>> 16);
  const cross = leftLow * rightHigh + (middle & 0xffff);
  return (leftHigh * rightHigh + (middle >>> 16) + (cross >>> 16)) | 0;
}
