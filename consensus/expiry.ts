import { HLC_MAX, hlcAddMs } from "../base/hlc.ts";
import type { Hlc } from "../base/types.ts";

/** An entry is a miss from its expiry on, swept or not, for execution and for every verifier. */
export function isExpired(expiry: Hlc | undefined, time: Hlc): boolean {
  return expiry !== undefined && expiry <= time;
}

/** When an entry written at `time` ends; undefined: never, also where a clock cannot reach. */
export function expiryOf(time: Hlc, ttlMs: number): Hlc | undefined {
  if (ttlMs === 0) return undefined;
  const expiry = hlcAddMs(time, ttlMs);
  return expiry > HLC_MAX ? undefined : expiry;
}
