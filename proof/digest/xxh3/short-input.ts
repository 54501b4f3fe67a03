import {
  PRIME32_2,
  PRIME64_1,
  PRIME64_2,
  PRIME64_4,
  PRIME_MX2,
  SECRET,
  secret64,
} from "./secret.ts";
import { avalanche, avalanche64, multiplyFold, multiplyWide, wrap } from "./mix.ts";
import type { Halves } from "./mix.ts";

/** Inputs up to this size have formulas of their own; longer ones go through stripes. */
export const SHORT_SIZE_MAX = 240;

/** XXH3-128 without a seed, for at most {@link SHORT_SIZE_MAX} bytes. */
export function shortDigest(input: DataView): Halves {
  const size = input.byteLength;
  if (size === 0) return ofNothing();
  if (size <= 3) return upTo3(input);
  if (size <= 8) return upTo8(input);
  if (size <= 16) return upTo16(input);
  if (size <= 128) return upTo128(input);
  return upTo240(input);
}

function ofNothing(): Halves {
  return {
    low: avalanche64(secret64(64) ^ secret64(72)),
    high: avalanche64(secret64(80) ^ secret64(88)),
  };
}

function upTo3(input: DataView): Halves {
  const size = input.byteLength;
  const first = input.getUint8(0);
  const middle = input.getUint8(size >> 1);
  const last = input.getUint8(size - 1);
  const low = ((first << 16) | (middle << 24) | last | (size << 8)) >>> 0;
  const swapped =
    ((low >>> 24) | ((low >>> 8) & 0xff00) | ((low << 8) & 0xff_0000) | (low << 24)) >>> 0;
  const high = ((swapped << 13) | (swapped >>> 19)) >>> 0;
  const flipLow = (SECRET.getUint32(0, true) ^ SECRET.getUint32(4, true)) >>> 0;
  const flipHigh = (SECRET.getUint32(8, true) ^ SECRET.getUint32(12, true)) >>> 0;
  return {
    low: avalanche64(BigInt((low ^ flipLow) >>> 0)),
    high: avalanche64(BigInt((high ^ flipHigh) >>> 0)),
  };
}

function upTo8(input: DataView): Halves {
  const size = input.byteLength;
  const low = BigInt(input.getUint32(0, true));
  const high = BigInt(input.getUint32(size - 4, true));
  const keyed = (low | (high << 32n)) ^ secret64(16) ^ secret64(24);
  const product = multiplyWide(keyed, wrap(PRIME64_1 + BigInt(size << 2)));
  const mixedHigh = wrap(product.high + (product.low << 1n));
  let mixedLow = product.low ^ (mixedHigh >> 3n);
  mixedLow = wrap((mixedLow ^ (mixedLow >> 35n)) * PRIME_MX2);
  return { low: mixedLow ^ (mixedLow >> 28n), high: avalanche(mixedHigh) };
}

function upTo16(input: DataView): Halves {
  const size = input.byteLength;
  const low = input.getBigUint64(0, true);
  const last = input.getBigUint64(size - 8, true);
  const product = multiplyWide(low ^ last ^ secret64(32) ^ secret64(40), PRIME64_1);
  const keyedLast = last ^ secret64(48) ^ secret64(56);
  const sumLow = wrap(product.low + (BigInt(size - 1) << 54n));
  const sumHigh = wrap(product.high + keyedLast + (keyedLast & 0xffff_ffffn) * (PRIME32_2 - 1n));
  const again = multiplyWide(sumLow ^ swapBytes(sumHigh), PRIME64_2);
  return {
    low: avalanche(again.low),
    high: avalanche(wrap(again.high + sumHigh * PRIME64_2)),
  };
}

function upTo128(input: DataView): Halves {
  const size = input.byteLength;
  let sum: Halves = { low: wrap(BigInt(size) * PRIME64_1), high: 0n };
  for (let pair = (size - 1) >> 5; pair >= 0; pair--) {
    sum = mixPair(sum, input, [16 * pair, size - 16 * (pair + 1)], 32 * pair);
  }
  return finish(sum, size);
}

function upTo240(input: DataView): Halves {
  const size = input.byteLength;
  let sum: Halves = { low: wrap(BigInt(size) * PRIME64_1), high: 0n };
  for (let end = 32; end < 160; end += 32) {
    sum = mixPair(sum, input, [end - 32, end - 16], end - 32);
  }
  sum = { low: avalanche(sum.low), high: avalanche(sum.high) };
  for (let end = 160; end <= size; end += 32) {
    sum = mixPair(sum, input, [end - 32, end - 16], 3 + end - 160);
  }
  return finish(mixPair(sum, input, [size - 16, size - 32], 103), size);
}

function finish(sum: Halves, size: number): Halves {
  const high = wrap(sum.low * PRIME64_1 + sum.high * PRIME64_4 + BigInt(size) * PRIME64_2);
  return { low: avalanche(wrap(sum.low + sum.high)), high: wrap(-avalanche(high)) };
}

/** Folds sixteen bytes at each of two offsets into the sum. */
function mixPair(
  sum: Halves,
  input: DataView,
  [left, right]: readonly [number, number],
  secretOffset: number,
): Halves {
  const low = wrap(sum.low + mix16(input, left, secretOffset));
  const high = wrap(sum.high + mix16(input, right, secretOffset + 16));
  return { low: low ^ sum16(input, right), high: high ^ sum16(input, left) };
}

function mix16(input: DataView, offset: number, secretOffset: number): bigint {
  return multiplyFold(
    input.getBigUint64(offset, true) ^ secret64(secretOffset),
    input.getBigUint64(offset + 8, true) ^ secret64(secretOffset + 8),
  );
}

function sum16(input: DataView, offset: number): bigint {
  return wrap(input.getBigUint64(offset, true) + input.getBigUint64(offset + 8, true));
}

function swapBytes(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, value, true);
  return view.getBigUint64(0, false);
}
