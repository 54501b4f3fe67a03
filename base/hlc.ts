import type { Hlc } from "./types.ts";

/**
 * Hybrid logical clock values (Kulkarni et al., 2014): 48 bits of milliseconds since 1970 in the
 * high part, 16 bits of counter in the low part, so that comparing two values as integers is
 * comparing them as times.
 */
const COUNTER_BITS = 16n;
const COUNTER_MASK = (1n << COUNTER_BITS) - 1n;

export const HLC_ZERO: Hlc = 0n as Hlc;
export const HLC_MAX: Hlc = ((1n << 64n) - 1n) as Hlc;

/** Milliseconds since 1970, rounded down, to a clock value with counter 0. */
export function hlcFromMs(ms: number): Hlc {
  return (BigInt(Math.floor(ms)) << COUNTER_BITS) as Hlc;
}

export function hlcMs(value: Hlc): number {
  return Number(value >> COUNTER_BITS);
}

export function hlcCounter(value: Hlc): number {
  return Number(value & COUNTER_MASK);
}

/** The smallest value later than this one; a full counter carries into the milliseconds. */
export function hlcNext(value: Hlc): Hlc {
  return (value + 1n) as Hlc;
}

export function hlcAddMs(value: Hlc, ms: number): Hlc {
  return (value + (BigInt(Math.floor(ms)) << COUNTER_BITS)) as Hlc;
}

export function hlcMax(left: Hlc, right: Hlc): Hlc {
  return left > right ? left : right;
}
