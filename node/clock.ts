import { hlcAddMs, hlcCounter, hlcFromMs, hlcMax, hlcMs, hlcNext } from "../base/hlc.ts";
import type { Hlc } from "../base/types.ts";

/** The clocks of a host. The state machine reads neither: it is told (input.ts, `Now`). */
export interface Clock {
  /** Never goes back, unrelated to the time of day. */
  monotonicMs(): number;
  /** Later than every value it gave before, over restarts too: what is noted bears it. */
  hlc(): Hlc;
  /**
   * The time of day as the machine has it now, which a restart carries nowhere: what is proposed,
   * judged and promised to clients. May repeat itself and go back.
   */
  reading(): Hlc;
  /** False: unsure of the time of day; the replica abstains from judging it. */
  readonly certain: boolean;
}

/** How far ahead of the clock the persisted bound is put: one write for so much running time. */
const BOUND_AHEAD_MS = 10_000;
/** The next bound is written when only this much is left, long before it would be waited for. */
const BOUND_LEFT_MS_MIN = 5_000;
/** By so much moves the bound of a clock that is ahead: 65,536 values. */
const BOUND_STEP_MS = 1;
const COUNTER_MAX = 0xffff;

/** What a hybrid logical clock is made over. */
export interface ClockSources {
  /** Milliseconds since 1970, as the machine has them: may jump. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** The bound that was last kept; 0 at a first start. */
  readonly readBound: () => Hlc;
  /** Durable when it returns. */
  readonly keepBound: (bound: Hlc) => void;
  /** Whether `nowMs` is good enough to judge others by; without: it is. */
  readonly isCertain?: () => boolean;
  /** Does nothing for so long; without: at a full counter the milliseconds step on by themselves. */
  readonly waitMs?: (ms: number) => void;
}

/**
 * A hybrid logical clock over a machine's. Before a value is given out, a bound above it is on
 * disk; a restart begins at the bound, so that the clock never goes back, whatever became of the
 * system's in between (R17). It is then ahead of the machine's by what was left of the bound,
 * and moves by ticks until that has caught up; so does the bound, or each of many restarts in a row
 * would carry it further ahead.
 */
export class HybridClock implements Clock {
  readonly #sources: ClockSources;
  #last: Hlc;
  #renewAt: Hlc;
  /** Of the last value. */
  #leadMs = 0;
  /** When the milliseconds of the last value began, by the monotonic clock. */
  #beganMs: number;

  constructor(sources: ClockSources) {
    this.#sources = sources;
    this.#last = sources.readBound();
    this.#beganMs = sources.monotonicMs();
    this.#renewAt = this.#last;
    this.#renew(hlcMax(this.#last, hlcFromMs(sources.nowMs())));
  }

  monotonicMs(): number {
    return this.#sources.monotonicMs();
  }

  /**
   * Of the reading alone: how far ahead the stamps are, after a crash or when the time was set back,
   * says nothing of it.
   */
  get certain(): boolean {
    return this.#sources.isCertain?.() ?? true;
  }

  /** How far the last value was ahead of the time, milliseconds. */
  get leadMs(): number {
    return this.#leadMs;
  }

  reading(): Hlc {
    return hlcFromMs(this.#sources.nowMs());
  }

  hlc(): Hlc {
    const nowMs = this.#sources.nowMs();
    const physical = hlcFromMs(nowMs);
    if (physical <= this.#last && hlcCounter(this.#last) === COUNTER_MAX) this.#waitForCounter();
    const value = hlcMax(hlcNext(this.#last), physical);
    if (value >= this.#renewAt) this.#renew(value);
    if (value === physical || hlcCounter(value) === 0) {
      this.#beganMs = this.#sources.monotonicMs();
    }
    this.#leadMs = Math.max(0, hlcMs(value) - nowMs);
    this.#last = value;
    return value;
  }

  /** Gives out no more values; a next clock over the same file goes on right after the last. */
  close(): void {
    this.#sources.keepBound(this.#last);
  }

  /**
   * The counter is full: the next value has the next millisecond, and it is not given out before
   * one has gone by. So however many values are asked for, the clock gains nothing on the time.
   */
  #waitForCounter(): void {
    const goneMs = this.#sources.monotonicMs() - this.#beganMs;
    if (goneMs < 1) this.#sources.waitMs?.(1 - goneMs);
  }

  #renew(from: Hlc): void {
    const usual = hlcAddMs(hlcFromMs(this.#sources.nowMs()), BOUND_AHEAD_MS);
    const least = hlcAddMs(from, BOUND_STEP_MS);
    const bound = hlcMax(usual, least);
    this.#sources.keepBound(bound);
    this.#renewAt = hlcMax(hlcAddMs(bound, -BOUND_LEFT_MS_MIN), least);
  }
}
