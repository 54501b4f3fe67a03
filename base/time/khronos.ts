import { middleOf } from "./time-interval.ts";
import type { TimeInterval } from "./time-interval.ts";

/** More servers than this are a pool, of which each round asks a part (RFC 9523 §3: 12 to 15). */
export const KHRONOS_SUBSET_SIZE = 15;
/** Parts that are drawn before the whole pool is asked. */
export const KHRONOS_DRAWS_MAX = 3;

/** ω of RFC 9523: good servers are within it of the true time. */
const OMEGA_MS = 25;
/** What our own clock may have gone wrong by since it was last set; the RFC's ERR. */
const ERROR_MS = 30;

/** So many different places of a list, drawn without favour. */
export function drawSubset(
  count: number,
  size: number,
  below: (bound: number) => number,
): readonly number[] {
  const places = Array.from({ length: count }, (_, place) => place);
  const drawn = Math.min(size, count);
  for (let at = 0; at < drawn; at++) {
    const other = at + below(count - at);
    [places[at], places[other]] = [places[other]!, places[at]!];
  }
  return places.slice(0, drawn);
}

/** What is left of answers once the lowest and the highest third are away, by their middles. */
export function middleThird(offsets: readonly TimeInterval[]): readonly TimeInterval[] {
  const sorted = [...offsets].sort((left, right) => middleOf(left) - middleOf(right));
  const cut = Math.floor(sorted.length / 3);
  return sorted.slice(cut, sorted.length - cut);
}

/**
 * Khronos' two conditions on a random part of a pool (RFC 9523 §3.2): what is left after the
 * trimming lies close together, and close to what our clock says. A part for which they do not
 * hold is drawn anew, and after some of those the whole pool is asked.
 *
 * @param heldMs The offset by which our clock goes now; undefined: none yet, so the pool is asked.
 */
export function khronosHolds(
  offsets: readonly TimeInterval[],
  asked: number,
  heldMs: number | undefined,
): boolean {
  if (heldMs === undefined || offsets.length * 3 < asked * 2) return false;
  const middles = middleThird(offsets).map(middleOf);
  const lowest = middles[0];
  const highest = middles.at(-1);
  if (lowest === undefined || highest === undefined) return false;
  const average = middles.reduce((sum, middle) => sum + (middle - lowest), 0) / middles.length;
  const isNear = Math.abs(lowest + average - heldMs) <= ERROR_MS + 2 * OMEGA_MS;
  return highest - lowest <= 2 * OMEGA_MS && isNear;
}
