import { hlcMs } from "../../base/hlc.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash, Sequence } from "../../base/types.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import { isExpired } from "../../consensus/expiry.ts";
import { encodeReceipt } from "../../consensus/receipt/receipt-bytes.ts";
import { RECEIPT_FORMAT } from "../../consensus/wire/receipt.ts";
import type { Receipt } from "../../consensus/wire/receipt.ts";
import { ENTRY_CONFIRMED } from "../../consensus/wire/rows.ts";
import type { ClientParts } from "../client-parts.ts";
import { aborted, clientClosed, clusterUnreachable, noFreshCertificate } from "../errors.ts";
import { ROUND_PAUSE_MS, UNREACHABLE_MS_MAX } from "../limits.ts";
import { askHedged } from "../link/hedged-question.ts";
import type { Judgement } from "../link/hedged-question.ts";
import { floorOf, probeQuorum } from "../link/probe-quorum.ts";
import { readQuestion } from "../link/questions.ts";
import type { FreshRoot } from "../link/root-follower.ts";
import type { Freshness, ReadKind } from "../types.ts";
import { checkReadAnswer } from "./check-read-answer.ts";
import type { ProvenRead } from "./check-read-answer.ts";

export interface ReadRequest {
  readonly namespace: string;
  readonly key: Hash;
  readonly kind: ReadKind;
  readonly wantValue: boolean;
  readonly allowStale: boolean;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  /** At least this sequence, whatever the kind. */
  readonly floor?: Sequence;
}

export interface JudgedRead extends ProvenRead {
  readonly freshness: Freshness;
  /** Confirmed and not past its end at the receipt's time. */
  readonly served: boolean;
  readonly receipt: () => Uint8Array;
}

/** How long a stale-tolerant read waits for a fresh root before it makes do. */
const FRESH_WAIT_MS_MAX = 1_000;
/** Waiting for more answers when a quorum's sequences differ. */
const LINEARIZABLE_GRACE_MS = 20;
/** A floor that nobody has reached after so long is asked for anew; doubles with each attempt. */
const FLOOR_PATIENCE_MS = 500;

/** The three kinds of read (R18). */
export class Reader {
  readonly #parts: ClientParts;
  readonly #freshnessMsMax: number;

  constructor(options: { readonly freshnessMsMax: number }, dependencies: ClientParts) {
    this.#freshnessMsMax = options.freshnessMsMax;
    this.#parts = dependencies;
  }

  /** @throws QuorateError CLUSTER_UNREACHABLE, NO_FRESH_CERTIFICATE, NO_VALID_ANSWER, ABORTED */
  async read(request: ReadRequest): Promise<JudgedRead> {
    const { platform } = this.#parts;
    const endMs = platform.monotonicMs() + request.deadlineMs;
    if (request.kind === "linearizable") return this.#readLinearizable(request, endMs);
    const fresh = await this.#awaitFresh(request);
    const left = Math.max(1, endMs - platform.monotonicMs());
    if (fresh)
      return this.#ask({ ...request, deadlineMs: left }, { ageMsMax: this.#freshnessMsMax });
    if (!request.allowStale) throw this.#notFresh();
    const read = await this.#ask({ ...request, deadlineMs: left }, { ageMsMax: Infinity });
    // An absence is never stale: what is missing may have been written since.
    if (!read.served && read.freshness.stale) throw this.#notFresh();
    return read;
  }

  /**
   * While one honest replica is slow, a liar is among the Q that answer a probe, and may claim a
   * sequence that nobody has: a floor that is not reached is no reason to give up, but to ask again
   * and to wait longer for the slow one.
   */
  async #readLinearizable(request: ReadRequest, endMs: number): Promise<JudgedRead> {
    const { platform, epochs } = this.#parts;
    const { signal } = request;
    const left = (): number => Math.max(1, endMs - platform.monotonicMs());
    for (let attempt = 1; ; attempt *= 2) {
      const options = { deadlineMs: left(), signal, graceMs: attempt * LINEARIZABLE_GRACE_MS };
      const answers = await probeQuorum(this.#parts, options);
      // They are of one epoch, though another one may have begun since.
      const [first] = answers.values();
      const committee = (first && epochs.committeeOf(first.epoch)) ?? this.#parts.committee;
      const floor = floorOf(committee, answers);
      const rest = left();
      const deadlineMs = Math.min(rest, attempt * FLOOR_PATIENCE_MS);
      try {
        return await this.#ask({ ...request, deadlineMs, floor }, { ageMsMax: Infinity });
      } catch (error) {
        const isLast = deadlineMs === rest;
        if (isLast || !(error instanceof QuorateError) || error.code !== "NO_VALID_ANSWER") {
          throw error;
        }
      }
    }
  }

  #ask(request: ReadRequest, options: { readonly ageMsMax: number }): Promise<JudgedRead> {
    const { fleet, sweep, roots, follower, floor, platform } = this.#parts;
    const { namespace, key, wantValue } = request;
    const lowest = this.#floorFor(request);
    const check = { crypto: platform.crypto, roots, namespace, key, floor: lowest };
    return askHedged(fleet, sweep, {
      what: `a read of ${namespace}`,
      deadlineMs: request.deadlineMs,
      signal: request.signal,
      question: () => {
        const knownSequence = follower.newest?.root.sequence ?? (0 as Sequence);
        return readQuestion({ namespace, key, wantValue, knownSequence, floorSequence: lowest });
      },
      judge: (answer) => {
        const judged = checkReadAnswer(check, answer);
        if (judged.type !== "accepted") return judged;
        follower.adopt(judged.value.root);
        const result = this.#judgeAge(judged.value, request.kind, options.ageMsMax);
        if (result.type === "accepted") floor.noteServed(judged.value.root.sequence);
        return result;
      },
    });
  }

  #floorFor(request: ReadRequest): Sequence {
    const { floor } = this.#parts;
    const own = request.kind === "session" ? floor.session : floor.served;
    return Math.max(own, request.floor ?? 0) as Sequence;
  }

  #judgeAge(read: ProvenRead, kind: ReadKind, ageMsMax: number): Judgement<JudgedRead> {
    const { follower, clock, platform, epochs } = this.#parts;
    let fresh = follower.freshOf(read.root);
    let ageMs = Math.max(0, clock.nowMs() - hlcMs(fresh.time));
    if (ageMs > ageMsMax) {
      follower.refresh();
      fresh = follower.freshOf(read.root);
      ageMs = Math.max(0, clock.nowMs() - hlcMs(fresh.time));
    }
    if (ageMs > ageMsMax) {
      const behind = read.root.sequence < (follower.newest?.root.sequence ?? 0);
      return behind ? { type: "lie", reason: "stale-root" } : { type: "declined" };
    }
    const stale = kind !== "linearizable" && ageMs > this.#freshnessMsMax;
    const { row } = read;
    const served =
      row !== undefined && row.state === ENTRY_CONFIRMED && !isExpired(row.expiry, fresh.time);
    const freshness = { kind, stale, ageMs, time: fresh.time };
    const receipt = (): Uint8Array =>
      encodeReceipt(platform.crypto.hash, receiptOf(epochs, read, fresh));
    return { type: "accepted", value: { ...read, freshness, served, receipt } };
  }

  /** False: no fresh root within the time that this read can spare. */
  async #awaitFresh(request: ReadRequest): Promise<boolean> {
    if (this.#isFresh()) return true;
    const { sweep, fleet } = this.#parts;
    const waitMs = request.allowStale
      ? Math.min(FRESH_WAIT_MS_MAX, request.deadlineMs / 2)
      : request.deadlineMs;
    const startMs = sweep.nowMs();
    let unreachableMs = startMs;
    while (sweep.nowMs() - startMs < waitMs) {
      if (sweep.closed) throw clientClosed();
      if (request.signal?.aborted === true) throw aborted(request.signal.reason);
      if (fleet.open.length > 0) unreachableMs = sweep.nowMs();
      if (sweep.nowMs() - unreachableMs > UNREACHABLE_MS_MAX) {
        throw clusterUnreachable(`a read of ${request.namespace}`);
      }
      await new Promise<void>((resolve) => void sweep.after(ROUND_PAUSE_MS, resolve));
      if (this.#isFresh()) return true;
    }
    return false;
  }

  #isFresh(): boolean {
    const { follower } = this.#parts;
    if ((follower.ageMs() ?? Infinity) <= this.#freshnessMsMax) return true;
    follower.refresh();
    return (follower.ageMs() ?? Infinity) <= this.#freshnessMsMax;
  }

  #notFresh(): Error {
    return noFreshCertificate(this.#parts.follower.ageMs(), this.#freshnessMsMax);
  }
}

function receiptOf(epochs: Epochs, read: ProvenRead, fresh: FreshRoot): Receipt {
  return {
    format: RECEIPT_FORMAT,
    clusterId: epochs.newest.clusterId,
    namespace: read.namespace,
    key: read.key,
    proof: read.proof,
    row: read.rowBytes,
    certificate: fresh.root.certificate,
    heartbeats: fresh.heartbeats,
    links: epochs.linksUpTo(fresh.root.certificate),
  };
}
