import { agreedInterval, majorityOf } from "./agreed-interval.ts";
import { errorOf, intersection, middleOf, widened } from "./time-interval.ts";
import type { TimeInterval } from "./time-interval.ts";
import type { TimeSample } from "./time-sample.ts";

/**
 * What a clock can say of itself.
 *
 * - `FREE-RUNNING`: nobody was ever agreed with; it goes as the machine's clock goes.
 * - `SYNCHRONISED`: a majority of the servers agreed in the last round.
 * - `HOLDOVER`: none did; it goes on by what it knew, and its bound grows.
 * - `DISRUPTED`: its own clock cannot be believed (a suspended machine, a jump), or the servers
 *   agree on what cannot be; until it was set again it judges nobody.
 */
export type TimeState = "FREE-RUNNING" | "SYNCHRONISED" | "HOLDOVER" | "DISRUPTED";

export interface TimekeepingOptions {
  /** How far a clock at rest goes wrong, parts in a million. */
  readonly driftPpm: number;
  /** How fast an error is worked off. */
  readonly slewPpm: number;
  /** A larger bound, three looks in a row, and the clock is no judge of others. */
  readonly errorMsMax: number;
}

export const TIMEKEEPING_DEFAULT: TimekeepingOptions = {
  driftPpm: 15,
  slewPpm: 500,
  // 80 % of ε: beyond it a correct proposal could look like one from the future.
  errorMsMax: 400,
};

/** No crystal and no kernel's slewing goes wrong faster: beyond it is a jump and no drift. */
const DRIFT_PPM_MAX = 500;
/** Rounds in a row that must agree with one another before a disrupted clock is set by them. */
const ROUNDS_TO_BELIEVE = 3;
/** Looks in a row at too large a bound: one may have been an accident of scheduling. */
const LOOKS_TO_DEGRADE = 3;
const LEAP_MS = 1_000;
const PER_MILLION = 1e-6;

interface Held {
  readonly offset: TimeInterval;
  readonly atMs: number;
}

/** What a round of questions brought. */
export interface TimeRound {
  /** How many were asked, the silent among them. */
  readonly asked: number;
  readonly samples: readonly TimeSample[];
}

/**
 * Decides what the time is. It has no clock: each call says what the monotonic clock shows, in
 * milliseconds, and later calls never show less. It holds the interval of offsets in which the true
 * one must lie while fewer than half of the servers lie and the drift keeps its bound; sets the
 * clock by a step the first time and by slewing ever after. Only a clock that was disrupted may be
 * put forward by a step, for it missed that time; back it goes never but by slewing.
 */
export class Timekeeping {
  readonly #options: TimekeepingOptions;
  #driftPpm: number;
  #state: TimeState = "FREE-RUNNING";
  #held: Held | undefined;
  /** While disrupted: what the last rounds agreed upon among themselves. */
  #pending: { readonly held: Held; readonly rounds: number } | undefined;
  /** The clock's own offset, at a moment, on its way to the target. */
  #offsetMs = 0;
  #offsetAtMs = 0;
  #targetMs = 0;
  #looksAbove = 0;
  #leap = 0;

  constructor(options: TimekeepingOptions = TIMEKEEPING_DEFAULT) {
    this.#options = options;
    this.#driftPpm = options.driftPpm;
  }

  get state(): TimeState {
    return this.#state;
  }

  /** Bound too large to judge others by. */
  get degraded(): boolean {
    return this.#looksAbove >= LOOKS_TO_DEGRADE;
  }

  /** Grows once the servers prove that the clock goes worse than was assumed. */
  get driftPpm(): number {
    return this.#driftPpm;
  }

  /** What a majority announced for the end of the day: 0, 1 or 2. */
  get leap(): number {
    return this.#leap;
  }

  /** Whether others' times may be judged by it. */
  get certain(): boolean {
    const isSet = this.#state === "SYNCHRONISED" || this.#state === "HOLDOVER";
    return isSet && !this.degraded;
  }

  /** What to add to the monotonic clock now; undefined: nobody has said so yet. */
  offsetMs(monotonicMs: number): number | undefined {
    if (this.#held === undefined) return undefined;
    const stepMax = (monotonicMs - this.#offsetAtMs) * this.#options.slewPpm * PER_MILLION;
    const left = this.#targetMs - this.#offsetMs;
    const step = Math.min(Math.abs(left), Math.max(0, stepMax));
    return this.#offsetMs + Math.sign(left) * step;
  }

  /** The interval in which the true offset lies now. */
  interval(monotonicMs: number): TimeInterval | undefined {
    return this.#held && this.#aged(this.#held, monotonicMs);
  }

  /** Largest distance of the true time from what the clock says; undefined: anything. */
  errorMs(monotonicMs: number): number | undefined {
    const interval = this.interval(monotonicMs);
    return interval && errorOf(interval, this.offsetMs(monotonicMs)!);
  }

  /** To be called regularly: whether the bound is still small enough. */
  look(monotonicMs: number): void {
    const errorMs = this.errorMs(monotonicMs);
    if (errorMs === undefined) return;
    const isAbove = errorMs >= this.#options.errorMsMax;
    this.#looksAbove = isAbove ? Math.min(LOOKS_TO_DEGRADE, this.#looksAbove + 1) : 0;
  }

  /** The machine's clock and the monotonic one went apart at once: one of them is wrong. */
  disrupt(): void {
    if (this.#held === undefined) return;
    this.#state = "DISRUPTED";
    this.#pending = undefined;
  }

  /** The day in which the leap was announced is over: the time of day has one second less or more. */
  leapPassed(): void {
    if (this.#held !== undefined && this.#leap !== 0) {
      const { lowMs, highMs } = this.#held.offset;
      const offset =
        this.#leap === 1 ? { lowMs: lowMs - LEAP_MS, highMs } : { lowMs, highMs: highMs + LEAP_MS };
      this.#held = { ...this.#held, offset };
    }
    this.#leap = 0;
  }

  round(monotonicMs: number, { asked, samples }: TimeRound): void {
    const needed = majorityOf(asked);
    const agreed = agreedInterval(
      samples.map((sample) => this.#aged(sample, monotonicMs)),
      asked,
    );
    if (agreed === undefined || asked === 0) {
      if (this.#state === "SYNCHRONISED") this.#state = "HOLDOVER";
      this.#pending = undefined;
      return;
    }
    this.#leap = [1, 2].find((leap) => countOf(samples, leap) >= needed) ?? 0;
    const found: Held = { offset: agreed, atMs: monotonicMs };
    if (this.#held === undefined) this.#step(found, middleOf(agreed));
    else this.#compare(found, this.#held);
  }

  #compare(found: Held, held: Held): void {
    const both = intersection(this.#aged(held, found.atMs), found.offset);
    if (both !== undefined) {
      this.#slew({ offset: both, atMs: found.atMs });
    } else if (this.#state !== "DISRUPTED" && this.#provenPpm(found, held) <= DRIFT_PPM_MAX) {
      this.#driftPpm = Math.min(DRIFT_PPM_MAX, 2 * this.#provenPpm(found, held));
      this.#slew(found);
    } else {
      this.#state = "DISRUPTED";
      this.#wait(found);
    }
  }

  /** Believed once it has been said so often that it is no accident. */
  #wait(found: Held): void {
    const before = this.#pending;
    const both = before && intersection(this.#aged(before.held, found.atMs), found.offset);
    const held = both === undefined ? found : { offset: both, atMs: found.atMs };
    const rounds = both === undefined ? 1 : before!.rounds + 1;
    this.#pending = { held, rounds };
    if (rounds < ROUNDS_TO_BELIEVE) return;
    const middle = middleOf(held.offset);
    if (middle > this.offsetMs(found.atMs)!) this.#step(held, middle);
    else this.#slew(held);
  }

  #step(held: Held, offsetMs: number): void {
    this.#offsetMs = offsetMs;
    this.#offsetAtMs = held.atMs;
    this.#set(held, offsetMs);
  }

  #slew(held: Held): void {
    this.#offsetMs = this.offsetMs(held.atMs)!;
    this.#offsetAtMs = held.atMs;
    this.#set(held, middleOf(held.offset));
  }

  #set(held: Held, targetMs: number): void {
    this.#held = held;
    this.#targetMs = targetMs;
    this.#state = "SYNCHRONISED";
    this.#pending = undefined;
    if (errorOf(held.offset, this.#offsetMs) < this.#options.errorMsMax) this.#looksAbove = 0;
    else this.#looksAbove = LOOKS_TO_DEGRADE;
  }

  /** How fast the clock must have gone wrong at least, to be where it now is. */
  #provenPpm(found: Held, held: Held): number {
    const gapMs = Math.max(
      found.offset.lowMs - held.offset.highMs,
      held.offset.lowMs - found.offset.highMs,
    );
    return gapMs / Math.max(1, found.atMs - held.atMs) / PER_MILLION;
  }

  #aged({ offset, atMs }: Held, monotonicMs: number): TimeInterval {
    return widened(offset, Math.max(0, monotonicMs - atMs) * this.#driftPpm * PER_MILLION);
  }
}

function countOf(samples: readonly TimeSample[], leap: number): number {
  return samples.filter((sample) => sample.leap === leap).length;
}
