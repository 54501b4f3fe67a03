import type { CachedValue } from "../cache/cache-tier.ts";

/**
 * What the gateway knows of an answer, weakest last.
 * certified: proven, and the revocation log followed to a fresh root. stale: proven, the log not
 * fresh. own: put through this gateway, not certified yet. local: there is no cluster.
 */
export type Certainty = "certified" | "stale" | "own" | "local";

/** Where the bytes came from. */
export type Level = "l1" | "l2" | "cluster";

/** Why there is no answer. All look the same to a tool; header and counters tell them apart. */
export type MissReason =
  | "absent"
  | "not-confirmed"
  | "expired"
  | "unreachable"
  | "no-quorum"
  | "deadline"
  | "busy"
  | "refused"
  | "corrupt"
  /** Names what cannot be had: an action result whose outputs are not all there. */
  | "incomplete"
  | "stale"
  /** There is an answer, and the tool is to make it again, to be compared (`--audit`). */
  | "audited"
  | "failed"
  | DenialReason;

/** Why a caller is answered nothing: told by what he brought, never by what there is. */
export type DenialReason = "no-token" | "wrong-token" | "not-granted";

const DENIALS: ReadonlySet<MissReason> = new Set(["no-token", "wrong-token", "not-granted"]);

export function isDenial(reason: MissReason): boolean {
  return DENIALS.has(reason);
}

export interface Miss {
  readonly status: "miss";
  readonly reason: MissReason;
  /** Of "refused": what exactly did not hold. */
  readonly detail?: string;
}

export interface Hit {
  readonly status: "hit";
  readonly certainty: Certainty;
  readonly level: Level;
  readonly size: number;
  readonly value: CachedValue;
}

export type GetOutcome = Hit | Miss;

export interface Exists {
  readonly status: "hit";
  readonly certainty: Certainty;
  readonly size: number;
}

export type ExistsOutcome = Exists | Miss;

/**
 * stored: durable, and on its way where there is a cluster. unchanged: the same meaning is served
 * already. unpublished: kept here, but the journal is full. conflict: another answer is certified
 * for an immutable key; kept as evidence, changes nothing. malformed: not what its door stores.
 */
export type PutOutcome =
  | "stored"
  | "unchanged"
  | "unpublished"
  | "conflict"
  | "malformed"
  | "read-only"
  /** The caller may not so much as read there. */
  | "denied"
  | "over-size"
  | "cut-off"
  | "failed";

export type DeleteOutcome = "withdrawn" | "absent" | "read-only" | "denied" | "failed";
