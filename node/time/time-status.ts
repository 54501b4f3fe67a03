import type { TimeState } from "../../base/time/timekeeping.ts";

/** What came of the last question to one server. */
export type ServerVerdict =
  /** Not asked yet, or not in the last part of a pool. */
  | "not asked"
  /** Its interval meets what the majority agreed upon. */
  | "agrees"
  /** It said a time in a round in which no majority agreed. */
  | "unconfirmed"
  /** It says another time than the majority. */
  | "falseticker"
  | "silent"
  /** It answered that it does not know, or what no server can mean. */
  | "unsynchronised"
  | "absurd"
  /** Too far from a reference clock. */
  | "distant"
  /** Kisses of death: left in peace for a while, or for good. */
  | "rate-limited"
  | "denied";

export interface ServerStatus {
  readonly name: string;
  readonly verdict: ServerVerdict;
  /** Between it and our clock, milliseconds; of the last sample. */
  readonly offsetMs: number | null;
  readonly errorMs: number | null;
  readonly delayMs: number | null;
  /** Datagrams that came to our question and were no answer to it: somebody is guessing. */
  readonly strays: number;
  readonly why: string | null;
}

/** A replica's account of its clock, as `/time` gives it. */
export interface TimeStatus {
  readonly state: TimeState;
  /** Others' times may be judged by it. */
  readonly certain: boolean;
  /** The bound has grown to 80 % of ε. */
  readonly degraded: boolean;
  readonly timeMs: number;
  /** The true time is no farther from `timeMs` while most servers are honest; null: nobody knows. */
  readonly errorMs: number | null;
  /** The machine's clock less ours. */
  readonly machineMs: number;
  /** How far the logical clock is ahead of the time. */
  readonly leadMs: number;
  readonly driftPpm: number;
  /** Announced for the end of this day: 0, or 1 and 2 for a minute of 61 and 59 seconds. */
  readonly leap: number;
  readonly rounds: number;
  readonly servers: readonly ServerStatus[];
}
