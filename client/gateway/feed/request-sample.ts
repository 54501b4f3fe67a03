import type { Told } from "../traffic.ts";

/** What a window's requests come to beyond those that were chosen. */
export interface LeftOut {
  count: number;
  hits: number;
  misses: number;
}

/**
 * Of the requests of one window so many as have room, all equally likely (Vitter's
 * algorithm R), and how many were left out: the slow ones of a busy second are not hidden behind
 * its first ones.
 */
export class RequestSample {
  readonly #countMax: number;
  readonly #random: () => number;
  #chosen: Told[] = [];
  #leftOut: LeftOut = { count: 0, hits: 0, misses: 0 };
  #seen = 0;

  /** `random`: at least 0 and below 1. */
  constructor(countMax: number, random: () => number) {
    this.#countMax = countMax;
    this.#random = random;
  }

  add(told: Told): void {
    this.#seen++;
    if (this.#chosen.length < this.#countMax) {
      this.#chosen.push(told);
      return;
    }
    const at = Math.floor(this.#random() * this.#seen);
    const before = this.#chosen[at];
    if (before !== undefined) this.#chosen[at] = told;
    this.#leave(before ?? told);
  }

  /** The window's sample; the next window begins. */
  take(): { readonly chosen: readonly Told[]; readonly leftOut: LeftOut } {
    const taken = { chosen: this.#chosen, leftOut: this.#leftOut };
    this.#chosen = [];
    this.#leftOut = { count: 0, hits: 0, misses: 0 };
    this.#seen = 0;
    return taken;
  }

  #leave({ outcome }: Told): void {
    this.#leftOut.count++;
    if (outcome === "hit") this.#leftOut.hits++;
    if (outcome === "miss") this.#leftOut.misses++;
  }
}
