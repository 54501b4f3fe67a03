import { equalBytes, toHex } from "../../base/bytes.ts";
import { HLC_ZERO } from "../../base/hlc.ts";
import type { Hash, ReplicaIndex, Sequence, View } from "../../base/types.ts";
import type { Application } from "../application.ts";
import { primaryOf, quorumOf, weakQuorumOf } from "../committee.ts";
import type { Committee } from "../committee.ts";
import { contradictionId } from "../evidence/contradiction.ts";
import { nullBatchDigest } from "../null-batch.ts";
import type { Safety } from "../safety.ts";
import type { Verifier } from "../verifier.ts";
import type { SignedType, StatementCertificate, Vote } from "../wire/certificate.ts";
import type { EvidenceKind } from "../wire/evidence.ts";
import type { FrameKind } from "../wire/frame.ts";
import type { Now } from "./input.ts";
import type { Output, PromiseRecord } from "./output.ts";
import type { Timing } from "./timing.ts";

/** What a new view obliges its primary to propose again; nothing else is accepted up to `high`. */
export interface Mandate {
  /** Everything up to here is certified. */
  readonly low: Sequence;
  readonly high: Sequence;
  readonly digests: ReadonlyMap<Sequence, Hash>;
}

export interface ContextParts {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  readonly timing: Timing;
  readonly application: Application;
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly verifier: Verifier;
  readonly safety: Safety;
  /** What led into our epoch; undefined: genesis. */
  readonly entry: EpochEntry | undefined;
  /** Names, in hex, of contradictions after which an operator had it go on. */
  readonly released: ReadonlySet<string>;
}

/** Q statements of the epoch before over its last sequence. */
export interface EpochEntry {
  /** c: our first sequence is the next. */
  readonly boundary: Sequence;
  readonly certificate: StatementCertificate;
}

/**
 * What all concerns of a replica share: who it is, in which view it is, how far it has executed,
 * and the list of outputs of the present step. Concerns change this and their own state and never
 * call each other in circles; `Replica` then lets each of them look at what has become possible.
 */
export class Context {
  readonly committee: Committee;
  readonly index: ReplicaIndex;
  readonly quorum: number;
  readonly weakQuorum: number;
  readonly timing: Timing;
  readonly application: Application;
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly verifier: Verifier;
  readonly safety: Safety;
  readonly entry: EpochEntry | undefined;
  readonly #released: ReadonlySet<string>;
  readonly nullDigest: Hash;

  now: Now = { monotonicMs: 0, reading: HLC_ZERO, clockCertain: false };
  view = 0 as View;
  /** False from our view-change until a new-view: only certificates are believed meanwhile. */
  active = true;
  mandate: Mandate = { low: 0 as Sequence, high: 0 as Sequence, digests: new Map() };
  /** The last executed sequence. */
  executed: Sequence;
  /** The highest sequence that this replica proposed in this view, as its primary. */
  proposed = 0 as Sequence;
  /** The application is being moved by the host and must not be touched. */
  transferring: StatementCertificate | undefined;
  /** Latched by contradictory certificates: nothing is signed any more. */
  halted = false;
  /** View changes since something was last executed: each doubles the timers. */
  fruitlessViewCount = 0;
  /** When this replica last executed anything, monotonic milliseconds. */
  progressMs = 0;
  /** When it entered its view. */
  enteredMs = 0;
  /** The link to the present primary broke. */
  primaryLost = false;
  /** How often each kind of thing was dropped. */
  readonly dropCounts = new Map<string, number>();
  #outputs: Output[] = [];

  constructor(parts: ContextParts) {
    this.committee = parts.committee;
    this.index = parts.index;
    this.timing = parts.timing;
    this.application = parts.application;
    this.hash = parts.hash;
    this.verifier = parts.verifier;
    this.safety = parts.safety;
    this.entry = parts.entry;
    this.#released = parts.released;
    this.quorum = quorumOf(parts.committee);
    this.weakQuorum = weakQuorumOf(parts.committee);
    this.nullDigest = nullBatchDigest(parts.hash);
    this.executed = parts.application.sequence;
  }

  get memberCount(): number {
    return this.committee.members.length;
  }

  get primary(): ReplicaIndex {
    return primaryOf(this.committee, this.view);
  }

  get isPrimary(): boolean {
    return this.primary === this.index;
  }

  /** The last sequence before our epoch: 0 for the first. */
  get boundary(): Sequence {
    return this.entry?.boundary ?? (0 as Sequence);
  }

  /** The last sequence of our epoch; undefined: no successor is decided in what we executed. */
  get epochEnd(): Sequence | undefined {
    return this.application.epochEndOf(this.committee.epoch);
  }

  /** Its last sequence is executed here: nothing is signed for it any more but what that needs. */
  get isEpochOver(): boolean {
    const { epochEnd } = this;
    return epochEnd !== undefined && this.executed >= epochEnd;
  }

  /** Proven to have lied: not listened to. Our own accusers are for the others to hear. */
  isQuarantined(author: ReplicaIndex): boolean {
    // The rows speak of members by the numbers of the epoch that the application is in.
    if (this.executed < this.boundary || this.isEpochOver) return false;
    return author !== this.index && this.application.quarantined.has(author);
  }

  /** Signs nothing: it has forgotten what it promised, or more than f lie. */
  get silent(): boolean {
    return this.halted || this.safety.amnesia !== undefined;
  }

  isNull(digest: Hash): boolean {
    return equalBytes(digest, this.nullDigest);
  }

  /** `base` doubled for each view that brought nothing. */
  backedOff(baseMs: number): number {
    return Math.min(this.timing.timeoutMsMax, baseMs * 2 ** Math.min(20, this.fruitlessViewCount));
  }

  takeOutputs(): Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  emit(output: Output): void {
    this.#outputs.push(output);
  }

  /** An amnesiac writes nothing: a new promise file would let it pass for one that remembers. */
  persist(record: PromiseRecord): void {
    if (this.safety.amnesia === undefined) this.emit({ type: "persist", record });
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    this.emit({ type: "send", to, kind, body });
  }

  sign(signedType: SignedType, body: Uint8Array): void {
    if (!this.silent) this.emit({ type: "sign", signedType, body });
  }

  drop(why: string): void {
    this.dropCounts.set(why, (this.dropCounts.get(why) ?? 0) + 1);
    this.emit({ type: "dropped", why });
  }

  /** Asks for a vote, with what it rests on written before it. False: safety refused. */
  castVote(vote: Vote, restsOn: readonly PromiseRecord[]): boolean {
    if (this.silent) return false;
    const verdict = this.safety.permitVote(vote);
    if (verdict === "refused") {
      this.drop("vote refused by safety");
      return false;
    }
    if (verdict === "first") {
      for (const record of restsOn) this.persist(record);
      this.persist({ type: "vote", vote });
    }
    this.emit({ type: "vote", vote });
    return true;
  }

  /** Two certificates contradict each other: more than f lie (R14). */
  halt(what: string, kind: EvidenceKind, proofs: readonly [Uint8Array, Uint8Array]): void {
    if (this.halted) return;
    const name = contradictionId(this.hash, kind, proofs);
    if (name !== undefined && this.#released.has(toHex(name))) {
      this.drop("a contradiction that an operator released");
      return;
    }
    this.halted = true;
    this.emit({ type: "halt", what, kind, proofs });
  }

  /** A short name for logs and maps. */
  nameOf(digest: Uint8Array): string {
    return toHex(digest);
  }
}
