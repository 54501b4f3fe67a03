import { HLC_MAX, hlcAddMs, hlcNext } from "../../base/hlc.ts";
import type { Hlc } from "../../base/types.ts";

/**
 * The agreed time of an execution (R16): the proposed time, but later than the one before; a
 * null request takes one tick. A time so late that the clock could run out after it is not taken.
 */
const PROPOSED_MAX = hlcAddMs(HLC_MAX, -(2 ** 40));

export function agreedTimeAfter(previous: Hlc, proposed: Hlc | undefined): Hlc {
  const next = hlcNext(previous);
  if (proposed === undefined || proposed > PROPOSED_MAX) return next;
  return proposed > next ? proposed : next;
}
