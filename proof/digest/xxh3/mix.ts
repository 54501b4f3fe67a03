import { PRIME64_2, PRIME64_3, PRIME_MX1 } from "./secret.ts";

/** Arithmetic modulo 2^64 on bigints: used once for each digest, never in the loop over stripes. */

export const MASK_64: bigint = (1n << 64n) - 1n;

export interface Halves {
  readonly low: bigint;
  readonly high: bigint;
}

export function wrap(value: bigint): bigint {
  return value & MASK_64;
}

export function multiplyWide(left: bigint, right: bigint): Halves {
  const product = left * right;
  return { low: product & MASK_64, high: product >> 64n };
}

export function multiplyFold(left: bigint, right: bigint): bigint {
  const { low, high } = multiplyWide(left, right);
  return low ^ high;
}

export function avalanche(value: bigint): bigint {
  const mixed = wrap((value ^ (value >> 37n)) * PRIME_MX1);
  return mixed ^ (mixed >> 32n);
}

/** The finish of the older XXH64, which XXH3 keeps for the shortest inputs. */
export function avalanche64(value: bigint): bigint {
  let mixed = wrap((value ^ (value >> 33n)) * PRIME64_2);
  mixed = wrap((mixed ^ (mixed >> 29n)) * PRIME64_3);
  return mixed ^ (mixed >> 32n);
}
