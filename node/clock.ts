import { hlcAddMs, hlcFromMs, hlcMax, hlcNext } from "../base/hlc.ts";
import type { Hlc } from "../base/types.ts";

/** The two clocks of a host. The state machine reads neither: it is told (input.ts, `Now`). */
export interface Clock {
  /** Never goes back, unrelated to the time of day. */
  monotonicMs(): number;
  /** Later than every value it gave before, over restarts too. */
  hlc(): Hlc;
  /** False: unsure of the time of day; the replica abstains from judging it. */
  readonly certain: boolean;
}

/** How far ahead of the clock the persisted bound is put: one write for so much running time. */
const BOUND_AHEAD_MS = 10_000;
/** The next bound is written when only this much is left, long before it would be waited for. */
const BOUND_LEFT_MS_MIN = 5_000;
/** By so much moves the bound of a clock that is ahead: 65,536 values. */
const BOUND_STEP_MS = 1;

/** What a hybrid logical clock is made over. */
export interface ClockSources {
  /** Milliseconds since 1970, as the machine has them: may jump. */
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  /** The bound that was last kept; 0 at a first start. */
  readonly readBound: () => Hlc;
  /** Durable when it returns. */
  readonly keepBound: (bound: Hlc) => void;
}

/**
 * A hybrid logical clock over a machine's. Before a value is given out, a bound above it is on
 * disk; a restart begins at the bound, so that the clock never goes back, whatever became of the
 * system's in between (R17). It is then ahead of the machine's by what was left of the bound,
 * and moves by ticks until that has caught up; so does the bound, or each of many restarts in a row
 * would carry it further ahead.
 */
export class HybridClock implements Clock {
  readonly certain = true;
  readonly #sources: ClockSources;
  #last: Hlc;
  #renewAt: Hlc;

  constructor(sources: ClockSources) {
    this.#sources = sources;
    this.#last = sources.readBound();
    this.#renewAt = this.#last;
    this.#renew(hlcMax(this.#last, hlcFromMs(sources.nowMs())));
  }

  monotonicMs(): number {
    return this.#sources.monotonicMs();
  }

  hlc(): Hlc {
    const value = hlcMax(hlcNext(this.#last), hlcFromMs(this.#sources.nowMs()));
    if (value >= this.#renewAt) this.#renew(value);
    this.#last = value;
    return value;
  }

  #renew(from: Hlc): void {
    const usual = hlcAddMs(hlcFromMs(this.#sources.nowMs()), BOUND_AHEAD_MS);
    const least = hlcAddMs(from, BOUND_STEP_MS);
    const bound = hlcMax(usual, least);
    this.#sources.keepBound(bound);
    this.#renewAt = hlcMax(hlcAddMs(bound, -BOUND_LEFT_MS_MIN), least);
  }
}
