import { hlcAddMs, hlcMax, hlcNext, HLC_ZERO } from "../../base/hlc.ts";
import type { Hlc, Sequence } from "../../base/types.ts";
import { BATCH_BYTES_MAX, BATCH_ITEM_COUNT_MAX, PROPOSALS_AHEAD_MAX } from "../limits.ts";
import { VOTE_PRE_PREPARE } from "../wire/certificate.ts";
import { FRAME } from "../wire/frame.ts";
import { batchRecord } from "./agreement.ts";
import type { Availability } from "./availability.ts";
import type { Context } from "./context.ts";
import type { Log } from "./log.ts";
import type { Requests } from "./requests.ts";
import type { Silence } from "./silence.ts";
import type { Pending } from "./writer-queue.ts";

/** What a batch's own frame takes beside its items. */
const BATCH_OVERHEAD_BYTES = 1024;
/** Half of what a backup prepares ahead: one that lags a little still takes them all. */
const FILLING_DEPTH = PROPOSALS_AHEAD_MAX / 2;
/** How often the primary looks whether some end has passed. */
const LAPSE_CHECK_MS = 200;

/** L12: the primary's part: at once when idle, otherwise in batches, some instances at a time. */
export class Proposing {
  readonly #context: Context;
  readonly #log: Log;
  readonly #requests: Requests;
  readonly #availability: Availability;
  readonly #silence: Silence;
  #lastTime: Hlc = HLC_ZERO;
  #lapseCheckMs = 0;
  #timeIsDue = false;

  constructor(parts: {
    readonly context: Context;
    readonly log: Log;
    readonly requests: Requests;
    readonly availability: Availability;
    readonly silence: Silence;
  }) {
    this.#context = parts.context;
    this.#log = parts.log;
    this.#requests = parts.requests;
    this.#availability = parts.availability;
    this.#silence = parts.silence;
  }

  tick(): void {
    const { isPrimary, active, executed, proposed, boundary, now, application } = this.#context;
    if (!isPrimary || !active || this.#context.transferring !== undefined) return;
    if (now.monotonicMs - this.#lapseCheckMs < LAPSE_CHECK_MS) return;
    this.#lapseCheckMs = now.monotonicMs;
    // An epoch has no certified root of its own until something is executed, and heartbeats need one:
    // in the first epoch even an absence does.
    const isUncertified = executed === boundary && proposed <= boundary;
    const isBehind = application.agreedTime < now.reading;
    const lapsed =
      this.#requests.hasLapsed(now.reading) || this.#availability.hasLapsed(now.reading);
    this.#timeIsDue = isUncertified || (isBehind && lapsed);
  }

  /** Before this a tick does nothing, unless some input comes first; monotonic milliseconds. */
  get dueMs(): number {
    const { isPrimary, active, transferring } = this.#context;
    const isOurs = isPrimary && active && transferring === undefined;
    return isOurs ? this.#lapseCheckMs + LAPSE_CHECK_MS : Number.POSITIVE_INFINITY;
  }

  run(): void {
    // What a transfer or our peers brought us past is not proposed again.
    if (this.#context.proposed < this.#context.executed) {
      this.#context.proposed = this.#context.executed;
    }
    while (this.#mayPropose()) {
      const leaving = this.#silence.takeRemoval();
      if (leaving !== undefined) {
        this.#propose([], leaving);
        continue;
      }
      const ready = this.#requests.readyCount;
      const isIdle = this.#inFlightCount() === 0;
      const isEnough = ready >= this.#context.timing.batchItemCountMin || this.#isFilling;
      if (ready > 0 && (isIdle || isEnough)) {
        const limits = {
          countMax: BATCH_ITEM_COUNT_MAX,
          bytesMax: BATCH_BYTES_MAX - BATCH_OVERHEAD_BYTES,
        };
        this.#propose(this.#requests.take(limits));
      } else if ((isIdle && this.#timeIsDue) || this.#isFilling) {
        this.#propose([]);
      } else {
        return;
      }
      this.#timeIsDue = false;
    }
  }

  /** L132: the next configuration waits for the end of this one: its sequences are used up at once. */
  get #isFilling(): boolean {
    return this.#context.epochEnd !== undefined;
  }

  /** Empty batches cost next to nothing, and many of them share a signature and a flush. */
  get #depth(): number {
    return this.#isFilling ? FILLING_DEPTH : this.#context.timing.pipelineDepth;
  }

  #inFlightCount(): number {
    return this.#context.proposed - this.#context.executed;
  }

  #mayPropose(): boolean {
    const { active, isPrimary, silent, transferring, proposed } = this.#context;
    const { executed, boundary } = this.#context;
    return (
      executed >= boundary &&
      active &&
      isPrimary &&
      !silent &&
      transferring === undefined &&
      this.#inFlightCount() < this.#depth &&
      proposed < this.#log.high
    );
  }

  /**
   * Later than what we proposed before, so that no two of ours are alike; but when that lies so far
   * ahead that backups would refuse it, because our clock was set back, the clock alone.
   */
  #time(): Hlc {
    const { now, timing } = this.#context;
    const next = hlcNext(this.#lastTime);
    const latest = hlcAddMs(now.reading, Math.floor(timing.epsilonMs / 2));
    return next > latest ? now.reading : hlcMax(now.reading, next);
  }

  #propose(pending: readonly Pending[], leaving?: ReturnType<Silence["takeRemoval"]>): void {
    const { now, committee, view, timing, verifier } = this.#context;
    this.#lastTime = this.#time();
    const batch = verifier.composeBatch(this.#lastTime, pending, leaving);
    const sequence = (this.#context.proposed + 1) as Sequence;
    const instance = this.#log.at(sequence, now.monotonicMs - timing.bodyMs);
    this.#context.proposed = sequence;
    instance.addBody(batch);
    const { digest } = batch;
    const vote = {
      type: VOTE_PRE_PREPARE,
      epoch: committee.epoch,
      view,
      sequence,
      digest,
    } as const;
    if (!this.#context.castVote(vote, [batchRecord(instance, batch)])) return;
    this.#context.send("all", FRAME.batch, batch.bytes);
  }
}
