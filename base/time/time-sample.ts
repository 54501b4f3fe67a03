import type { NtpReply } from "./ntp-packet.ts";
import { around } from "./time-interval.ts";
import type { TimeInterval } from "./time-interval.ts";

/** One measurement of what must be added to our monotonic clock. */
export interface TimeSample {
  readonly offset: TimeInterval;
  /** When it was taken, by our monotonic clock. */
  readonly atMs: number;
  /** Round trip, without the server's own time. */
  readonly delayMs: number;
  /** 0 none; 1 and 2: the last minute of this day has 61 or 59 seconds. */
  readonly leap: number;
}

/** Why an answer is no measurement. */
export type NoSample =
  /** It asks us to ask less often (RATE), or not at all (DENY, RSTR and what else there may be). */
  | "kiss-rate"
  | "kiss-deny"
  /** It says that it does not know the time. */
  | "unsynchronised"
  /** Its way to a reference clock is longer than any that helps. */
  | "distant"
  /** Times that no server can mean. */
  | "absurd";

export type JudgedReply = { readonly sample: TimeSample } | { readonly refused: NoSample };

/** As chrony's maxdistance: what is farther cannot narrow anything here. */
const DISTANCE_MS_MAX = 3_000;
const STRATUM_MAX = 15;
const LEAP_UNSYNCHRONISED = 3;

/**
 * The offset that a reply stands for (RFC 5905 §8): the two ways are not known one by one, only
 * their sum, so the truth is within half of it; and within what the server says of its own way to
 * a reference clock.
 *
 * @param sentMs and `receivedMs` by our monotonic clock.
 */
export function sampleOf(
  reply: NtpReply,
  times: { readonly sentMs: number; readonly receivedMs: number },
): JudgedReply {
  const { leap, stratum, rootDelayMs, rootDispersionMs, precisionMs } = reply;
  if (stratum === 0) return { refused: reply.reference === "RATE" ? "kiss-rate" : "kiss-deny" };
  if (leap === LEAP_UNSYNCHRONISED || stratum > STRATUM_MAX) return { refused: "unsynchronised" };
  const held = reply.sentMs - reply.receivedMs;
  const delayMs = times.receivedMs - times.sentMs - held;
  // A little below nothing is its clock and ours not having one rate.
  if (!(held >= 0) || !(delayMs > -1) || rootDelayMs < 0) return { refused: "absurd" };
  const distanceMs = rootDelayMs / 2 + rootDispersionMs + precisionMs;
  if (!(distanceMs <= DISTANCE_MS_MAX)) return { refused: "distant" };
  const there = reply.receivedMs - times.sentMs;
  const back = reply.sentMs - times.receivedMs;
  const offset = around((there + back) / 2, Math.max(0, delayMs) / 2 + distanceMs);
  return { sample: { offset, atMs: times.receivedMs, delayMs: Math.max(0, delayMs), leap } };
}
