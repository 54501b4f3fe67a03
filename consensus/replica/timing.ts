import { CHECKPOINT_INTERVAL } from "../limits.ts";

/** The pace of the protocol. Every duration is in milliseconds of the host's monotonic clock. */
export interface Timing {
  /** A request at the head of its writer's queue waits so long before the primary is suspected. */
  readonly requestMs: number;
  /** A loaded cluster's requests wait longer; the timer follows, but never beyond this. */
  readonly requestMsMax: number;
  /** From Q view-changes to the new-view; doubles with each view that brings nothing. */
  readonly viewChangeMs: number;
  /** Where doubling ends. */
  readonly timeoutMsMax: number;
  readonly heartbeatMs: number;
  /** A member without a link for so long is suspected of having gone; without end: never. */
  readonly silenceMs: number;
  /** What has not progressed for so long is sent again. */
  readonly retransmitMs: number;
  /** So long a replica waits for what others have executed before it asks for it. */
  readonly catchUpMs: number;
  /** So long it waits for the body of a proposal before it asks somebody else. */
  readonly bodyMs: number;
  /** How much of a request's timer is left once the link to the primary broke. */
  readonly peerLostMs: number;
  /** ε: a first proposal may be so far ahead of our own clock. */
  readonly epsilonMs: number;
  /** Instances that a primary keeps in flight. */
  readonly pipelineDepth: number;
  /** With an instance in flight, the next one waits for so many write sets. */
  readonly batchItemCountMin: number;
  /**
   * K, at most CHECKPOINT_INTERVAL, and the same at all replicas. A simulator has a short one, so
   * that a short run drops its log many times.
   */
  readonly checkpointInterval: number;
}

/** For a local network; a wide one raises them all (docs/protocol/README.md). */
export const TIMING_DEFAULT: Timing = {
  requestMs: 400,
  requestMsMax: 1600,
  viewChangeMs: 400,
  timeoutMsMax: 30_000,
  heartbeatMs: 1000,
  silenceMs: 600_000,
  retransmitMs: 250,
  catchUpMs: 100,
  bodyMs: 30,
  peerLostMs: 100,
  epsilonMs: 500,
  pipelineDepth: 3,
  batchItemCountMin: 32,
  checkpointInterval: CHECKPOINT_INTERVAL,
};
