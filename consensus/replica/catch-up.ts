import { PAGE_COUNT_MAX, PROPOSALS_AHEAD_MAX } from "../limits.ts";
import type { Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import { isWeakCertificate } from "../certificates.ts";
import { fetchBatchCodec, fetchCommittedCodec, fetchStableCodec } from "../wire/agreement.ts";
import { FRAME } from "../wire/frame.ts";
import type { Context } from "./context.ts";
import type { Heartbeats } from "./heartbeats.ts";
import type { Instance } from "./instance.ts";
import type { Log } from "./log.ts";
import type { CertifiedAt, Statements } from "./statements.ts";

/** Committed batches asked for at a time. */
const FETCH_COUNT_MAX = Math.min(64, PAGE_COUNT_MAX);
/**
 * A transfer that failed is begun anew after `catchUpMs`, then after twice as long each time, up to
 * this: nobody had what it needs, each attempt asks everybody, and a source that starts again is
 * found within what an operator calls at once.
 */
const TRANSFER_PAUSE_MS_MAX = 5_000;

/**
 * How a replica that fell behind comes up again: by the committed batches of a peer when its log
 * still has them, else by a state transfer to a certified root. Nothing that a peer says here is
 * believed without a certificate, so the next peer is asked when one stalls or lies.
 */
export class CatchUp {
  readonly #context: Context;
  readonly #log: Log;
  readonly #statements: Statements;
  readonly #heartbeats: Heartbeats;
  #askedMs = 0;
  #askedFrom = 0 as Sequence;
  /**
   * Who was asked for a page last, and who for a body. Each goes round by itself: together they can
   * fall in step, and then every page is asked of the same peer, who may be dead.
   */
  #pagePeer: number;
  #bodyPeer: number;
  /** Peers asked since anything was last executed. */
  #vainCount = 0;
  #wasExecuted: Sequence;
  #behindSinceMs: number | undefined;
  /** The last transfer failed: ask for another, whatever the lag. */
  #mustTransfer = false;
  /** The target of the last transfer, and the highest one since a transfer came to its end. */
  #last = 0 as Sequence;
  #tried = 0 as Sequence;
  #failureCount = 0;
  /** Before this no target is tried a second time. */
  #pausedMs = 0;

  constructor(context: Context, log: Log, statements: Statements, heartbeats: Heartbeats) {
    this.#context = context;
    this.#log = log;
    this.#statements = statements;
    this.#heartbeats = heartbeats;
    this.#pagePeer = this.#after(context.index);
    this.#bodyPeer = context.index;
    this.#wasExecuted = context.executed;
  }

  /** L100 */
  tick(): void {
    const { halted, transferring, executed, now } = this.#context;
    if (halted || transferring !== undefined) return;
    if (!this.#context.application.isWhole) {
      this.#repair();
      return;
    }
    // What failed to come by a transfer may have come by execution meanwhile.
    if (this.#target() <= executed) this.#mustTransfer = false;
    if (this.#statements.diverged !== undefined || this.#mustTransfer) this.#maybeTransfer();
    if (this.#statements.diverged !== undefined || this.#context.transferring !== undefined) return;
    this.#fetchBodies();
    if (executed !== this.#wasExecuted) {
      this.#wasExecuted = executed;
      this.#vainCount = 0;
      this.#behindSinceMs = undefined;
    }
    if (this.#target() <= executed) {
      this.#behindSinceMs = undefined;
      return;
    }
    this.#behindSinceMs ??= now.monotonicMs;
    if (now.monotonicMs - this.#behindSinceMs < this.#context.timing.catchUpMs) return;
    if (this.#vainCount >= this.#context.memberCount) this.#maybeTransfer();
    else this.#ask();
  }

  get dueMs(): number {
    const { halted, transferring, executed, timing, application } = this.#context;
    if (halted || transferring !== undefined) return Number.POSITIVE_INFINITY;
    if (!application.isWhole) return this.#askedMs + timing.retransmitMs;
    if (this.#statements.diverged !== undefined) return this.#pausedMs;
    const againMs = this.#mustTransfer ? this.#pausedMs : Number.POSITIVE_INFINITY;
    const bodiesMs = Math.min(againMs, this.#bodiesDueMs());
    if (this.#target() <= executed) return bodiesMs;
    if (this.#behindSinceMs === undefined || this.#vainCount >= this.#context.memberCount) return 0;
    const askMs = this.#askedMs + timing.retransmitMs;
    return Math.min(bodiesMs, Math.max(askMs, this.#behindSinceMs + timing.catchUpMs));
  }

  /** A page arrived and was executed: ask for the next at once. */
  progressed(): void {
    if (this.#context.transferring !== undefined) return;
    if (this.#context.executed < this.#askedFrom + FETCH_COUNT_MAX - 1) return;
    if (this.#target() <= this.#context.executed) return;
    this.#vainCount = 0;
    this.#askNext(this.#pagePeer);
  }

  /** A peer answered with a certificate instead: its log begins above what we need. */
  declined(): void {
    this.#vainCount++;
    this.#askedMs = 0;
  }

  transferFailed(): void {
    const { now, timing } = this.#context;
    this.#context.transferring = undefined;
    this.#mustTransfer = true;
    this.#vainCount = 0;
    const pauseMs = timing.catchUpMs * 2 ** Math.min(20, this.#failureCount++);
    this.#pausedMs = now.monotonicMs + Math.min(pauseMs, TRANSFER_PAUSE_MS_MAX);
    this.#context.send("all", FRAME.fetchStable, fetchStableCodec.encode({ above: this.#above() }));
  }

  transferred(): void {
    this.#mustTransfer = false;
    this.#failureCount = 0;
    this.#tried = 0 as Sequence;
    this.#vainCount = 0;
    this.#behindSinceMs = undefined;
  }

  /**
   * What at least one correct replica has executed. Where an epoch ends heartbeats do, too (L133):
   * there f+1 that state a sequence alike tell of it, and wait for us to certify it with them.
   */
  #target(): Sequence {
    const { executed, epochEnd } = this.#context;
    const certified = this.#statements.newest?.sequence ?? 0;
    const isEnding = epochEnd !== undefined && executed < epochEnd;
    const stated = isEnding ? this.#statements.weakAbove(executed)?.sequence : undefined;
    return Math.max(certified, this.#heartbeats.heardSequence(), stated ?? 0) as Sequence;
  }

  #above(): Sequence {
    return this.#statements.newest?.sequence ?? (0 as Sequence);
  }

  #ask(): void {
    const { now, timing } = this.#context;
    if (now.monotonicMs - this.#askedMs < timing.retransmitMs) return;
    this.#vainCount++;
    this.#askNext(this.#after(this.#pagePeer));
  }

  #askNext(peer: number): void {
    const { executed, now } = this.#context;
    this.#pagePeer = peer;
    this.#askedMs = now.monotonicMs;
    this.#askedFrom = (executed + 1) as Sequence;
    const to = Math.min(this.#target(), executed + FETCH_COUNT_MAX) as Sequence;
    const fetch = fetchCommittedCodec.encode({ from: this.#askedFrom, to });
    this.#context.send(peer as ReplicaIndex, FRAME.fetchCommitted, fetch);
  }

  /** Everybody but us, in turn. */
  #after(peer: number): number {
    const { index, memberCount } = this.#context;
    const next = (peer + 1) % memberCount;
    return next === index ? (next + 1) % memberCount : next;
  }

  /** Rows are lost: any certified root will do, also one below what was executed here. */
  #repair(): void {
    const { now, timing } = this.#context;
    if (now.monotonicMs - this.#askedMs < timing.retransmitMs) return;
    this.#askedMs = now.monotonicMs;
    this.#maybeTransfer();
  }

  /** L101: to the newest certified root, wherever that is; without one, ask for it. */
  #maybeTransfer(): void {
    const target = this.#bestTarget();
    if (target === undefined) {
      this.#vainCount = 0;
      this.#mustTransfer = false;
      const above = fetchStableCodec.encode({ above: this.#above() });
      this.#context.send("all", FRAME.fetchStable, above);
      return;
    }
    const { sequence, certificate } = target;
    const { committee, now } = this.#context;
    if (sequence <= this.#tried && now.monotonicMs < this.#pausedMs) return;
    this.#last = sequence;
    this.#tried = Math.max(this.#tried, sequence) as Sequence;
    this.#context.transferring = certificate;
    // Written before the host moves the store past the promises.
    const type = isWeakCertificate(committee, certificate) ? "weak-root" : "stable";
    this.#context.persist({ type, certificate });
    this.#context.emit({ type: "transfer", certificate });
  }

  /**
   * Q statements first. When that root cannot be had, because whoever executed it has executed on
   * and lost it in a restart, f+1 equal ones about a later sequence do (TOCS §6.2): see `WeakRoots`.
   */
  #bestTarget(): CertifiedAt | undefined {
    const { newest, diverged } = this.#statements;
    const certified = newest ?? diverged;
    const strong = certified !== undefined && this.#isUseful(certified) ? certified : undefined;
    const hasFailed = this.#failureCount > 0 && strong?.sequence === this.#last;
    if (strong !== undefined && !hasFailed) return strong;
    const weak = this.#statements.weakAbove(certified?.sequence ?? (0 as Sequence));
    return weak !== undefined && this.#isUseful(weak) ? weak : strong;
  }

  #isUseful({ sequence }: CertifiedAt): boolean {
    const { executed, application } = this.#context;
    return sequence > executed || this.#statements.diverged !== undefined || !application.isWhole;
  }

  /** L102: bodies of what is proposed or committed here, from whoever has them. */
  #fetchBodies(): void {
    const { executed, now, timing } = this.#context;
    let count = 0;
    for (const instance of this.#log.above(executed)) {
      if (++count > 2 * timing.pipelineDepth) return;
      // What lies further ahead is not kept, and a page brings it with its certificate.
      if (instance.sequence > executed + PROPOSALS_AHEAD_MAX) return;
      if (now.monotonicMs - instance.openedMs < timing.bodyMs) continue;
      if (now.monotonicMs - instance.bodyAskedMs < timing.bodyMs) continue;
      const digest = this.#missing(instance);
      if (digest === undefined) continue;
      instance.bodyAskedMs = now.monotonicMs;
      this.#bodyPeer = this.#after(this.#bodyPeer);
      const fetch = fetchBatchCodec.encode({ digest });
      this.#context.send(this.#bodyPeer as ReplicaIndex, FRAME.fetchBatch, fetch);
    }
  }

  #bodiesDueMs(): number {
    const { executed, timing } = this.#context;
    let dueMs = Number.POSITIVE_INFINITY;
    for (const instance of this.#log.above(executed).slice(0, 2 * timing.pipelineDepth)) {
      if (instance.sequence > executed + PROPOSALS_AHEAD_MAX) break;
      if (this.#missing(instance) === undefined) continue;
      dueMs = Math.min(dueMs, Math.max(instance.openedMs, instance.bodyAskedMs) + timing.bodyMs);
    }
    return dueMs;
  }

  #missing(instance: Instance): Hash | undefined {
    const mandated = this.#context.mandate.digests.get(instance.sequence);
    const digests = instance.digests();
    if (instance.commit === undefined && mandated !== undefined) digests.unshift(mandated);
    return digests.find(
      (digest) => !this.#context.isNull(digest) && instance.bodyBytes(digest) === undefined,
    );
  }
}
