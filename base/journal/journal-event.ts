/**
 * What happened, where, when and because of what: one model for a replica's journal, the
 * simulator's tape, a chaos run and the viewer.
 *
 * Nothing here is signed and nothing is believed: a journal explains, it never accuses. What
 * accuses is evidence (consensus/evidence), which a journal's "evidence" event only mentions.
 */

/** Who notes events. A restarted process goes on under a higher incarnation, again from sequence 1. */
export interface EventAuthor {
  /** "replica-0", "client-3", "gateway", "twin-of-2", "world". */
  readonly name: string;
  readonly incarnation: number;
}

export interface EventId {
  readonly author: EventAuthor;
  /** Of the author's events, from 1, without gaps. */
  readonly sequence: number;
}

/**
 * The journal's own hybrid time: at least the author's clock, later than the author's event before
 * and than every parent. It never enters consensus.
 */
export interface EventTime {
  /** Since 1970, whole. */
  readonly milliseconds: number;
  readonly counter: number;
}

/** What an event tells beyond its kind; {@link EVENT_DETAILS} lists the usual names. */
export type EventDetail = Readonly<Record<string, string | number | boolean>>;

export interface JournalEvent {
  readonly id: EventId;
  readonly hlc: EventTime;
  readonly kind: EventKind;
  /** Causes besides the author's own previous event: at most one of each other author. */
  readonly parents: readonly EventId[];
  readonly detail: EventDetail;
}

/** Every kind, with the names that its detail usually has. A name may be missing, none has another meaning. */
export const EVENT_DETAILS = {
  /** A client, or a gateway for a tool, asks. `what`: put, withdraw, read-certified … */
  request: ["what", "door", "namespace", "name", "key", "digest", "count"],
  /**
   * What came of this author's last request, or, with `door`, of a gateway's for `key`. `what: "left
   * out"` counts a gateway's answers that have no events of their own.
   */
  answer: [
    ...["what", "door", "namespace", "name", "key", "outcome", "reason", "level", "certainty"],
    ...["bytes", "sequence", "latencyMs", "count", "hits", "misses"],
  ],
  /** Frames of one type that left towards `peer` ("replica-2", "all") in one turn. */
  sent: ["type", "peer", "count", "bytes"],
  /** Write sets that came in one turn, from "clients" or forwarded by "replicas"; the first's digest. */
  received: ["type", "peer", "digest", "count", "bytes"],
  /** The primary's pre-prepare. */
  proposed: ["epoch", "view", "sequence", "digest", "bytes"],
  /** A backup's prepare. */
  voted: ["epoch", "view", "sequence", "digest"],
  /** A prepared certificate is held: the commit follows. `signers`: numbers in their names, "0 1 3". */
  prepared: ["epoch", "view", "sequence", "digest", "signers"],
  /** A commit certificate is held. */
  committed: ["epoch", "view", "sequence", "digest", "signers"],
  /**
   * `sets` write sets with `writes` writes in all, `proofs` of them proofs that were taken; `digest` is the first write set's; `keys` are the
   * first few, "namespace/0123456789abcdef", with a space between.
   */
  executed: [
    ...["sequence", "root", "agreedMs", "sets", "writes", "refusedCount", "proofs", "digest"],
    "keys",
  ],
  /** Q equal statements. */
  certified: ["epoch", "sequence", "root", "agreedMs", "signers"],
  /** Left a view for `view`. */
  "view-change": ["epoch", "view"],
  /** Entered `view`. */
  "new-view": ["epoch", "view", "primary"],
  timer: ["what", "view", "sequence"],
  suspicion: ["peer", "what", "view"],
  /** The world, or a disk, a clock, a peer, does harm. `target`: whom. */
  fault: ["what", "target"],
  heal: ["what", "target"],
  /** A checker found what must never be. */
  violation: ["checker", "what"],
  /** Two signed things that contradict each other. */
  evidence: ["peer", "what"],
  halt: ["what"],
  crash: ["what", "target"],
  /** A process begins: the first event of its incarnation. */
  restart: ["what", "sequence", "view"],
  /** A K-th stable statement: what lies below may go. */
  checkpoint: ["epoch", "sequence", "root", "agreedMs"],
  /** State transfer. `phase`: begun, ended, failed. */
  transfer: ["phase", "epoch", "sequence", "root", "agreedMs"],
  /** Write sets that were not taken in, or messages that were dropped, in one turn. */
  refused: ["what", "count"],
  /**
   * `what`: "begins" and "ends" at a boundary, "leaves" when its author is no member of the next,
   * "goes on" when a process starts in one that began before. `members` are the numbers in their
   * names, in the order of the configuration; `sequence` is the last one of the epoch before.
   */
  epoch: ["what", "epoch", "sequence", "members", "faultyMax"],
  /** The executed state convicts `peer`: it counts for nothing from now on. */
  quarantine: ["peer", "what", "epoch", "sequence"],
  /**
   * Two answers to `count` of a batch's keys both meet the rule, so that neither is served: the
   * batch brought the second of them, or met such a key. `keys`: the first few, as in "executed".
   */
  dispute: ["sequence", "count", "keys"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type EventKind = keyof typeof EVENT_DETAILS;

export const EVENT_KINDS = Object.keys(EVENT_DETAILS) as readonly EventKind[];

/** Digests and roots are told by their first eight bytes, in hex. */
export const DIGEST_LETTERS = 16;

/** Where a recording comes from. */
export type RecordingOrigin = "live" | "simulation" | "chaos";

/** What stands before the events of a recording. */
export interface RecordingHeader {
  readonly origin: RecordingOrigin;
  /** The cluster's name, or what was run. */
  readonly title: string;
  readonly memberCount: number;
  readonly faultyMax: number;
  /**
   * Members' author names in the order of their indexes. "replica-5" is the sixth that ever became a
   * member, whatever its index is now: a name is never another's.
   */
  readonly names: readonly string[];
  /** Of a simulation or a chaos run. */
  readonly seed: number | undefined;
}

export function compareTimes(left: EventTime, right: EventTime): number {
  return left.milliseconds - right.milliseconds || left.counter - right.counter;
}

/** As people write it: "replica-0#2:17", which is incarnation 2, sequence 17. */
export function eventName({ author, sequence }: EventId): string {
  return `${author.name}#${author.incarnation}:${sequence}`;
}

/** The inverse of {@link eventName}; undefined when it is none. */
export function parseEventName(text: string): EventId | undefined {
  const match = /^(.+)#(\d{1,15}):(\d{1,15})$/u.exec(text);
  if (match === null) return undefined;
  const [, name = "", incarnation, sequence] = match;
  return { author: { name, incarnation: Number(incarnation) }, sequence: Number(sequence) };
}
