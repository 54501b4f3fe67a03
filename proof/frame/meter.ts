import type { Budget } from "./budget.ts";
import type { Cost } from "./check-result.ts";
import { exhaust } from "./stop.ts";

/** Counts one check against its budget and ends it (see stop.ts) where a bound is passed. */
export class Meter {
  readonly #budget: Budget;
  #steps = 0;
  #bytes = 0;
  #liveBytes = 0;
  #liveBytesPeak = 0;
  #stepsEnd: number;
  /** How far the checker has read; what a spent budget names. Set it as often as is cheap. */
  offset = 0;

  constructor(budget: Budget) {
    this.#budget = budget;
    this.#stepsEnd = budget.stepsMax;
  }

  /** A part of the work gets at most so many steps, and never more than the whole has left. */
  startPart(stepsMax: number): void {
    this.#stepsEnd = Math.min(this.#budget.stepsMax, this.#steps + stepsMax);
  }

  endPart(): void {
    this.#stepsEnd = this.#budget.stepsMax;
  }

  /** Before the work is done, so that no single call can run far beyond the bound. */
  spend(steps: number): void {
    this.#steps += steps;
    if (this.#steps > this.#stepsEnd) exhaust("steps", this.offset);
  }

  /** Input that is about to be read. */
  read(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#budget.bytesMax) exhaust("bytes", this.offset);
  }

  /** Before it is allocated. */
  hold(bytes: number): void {
    if (this.#liveBytes + bytes > this.#budget.liveBytesMax) exhaust("memory", this.offset);
    this.#liveBytes += bytes;
    if (this.#liveBytes > this.#liveBytesPeak) this.#liveBytesPeak = this.#liveBytes;
  }

  release(bytes: number): void {
    this.#liveBytes -= bytes;
  }

  /** What may still be spent, for a loop that counts by itself. */
  get stepsLeft(): number {
    return this.#stepsEnd - this.#steps;
  }

  cost(): Cost {
    return { steps: this.#steps, bytes: this.#bytes, liveBytesPeak: this.#liveBytesPeak };
  }
}
