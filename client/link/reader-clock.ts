import { HLC_ZERO, hlcMs } from "../../base/hlc.ts";
import type { Hlc } from "../../base/types.ts";
import type { Platform } from "../platform/platform.ts";

/**
 * The reader's now (R18): the largest of its own clock, the highest certified time that it
 * has seen, and the time that a quorum told it over its own nonce, counted on by the monotonic
 * clock. So a clock set back, or a wake from sleep, cannot make an old root look fresh.
 */
export class ReaderClock {
  readonly #platform: Platform;
  #highest: Hlc = HLC_ZERO;
  #anchor: { readonly ms: number; readonly monotonicMs: number } | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Milliseconds since 1970. */
  nowMs(): number {
    return Math.max(this.#platform.wallMs(), hlcMs(this.#highest), this.#anchoredMs() ?? 0);
  }

  /** What the cluster's clocks show, as far as it is known: for the ends of write sets. */
  clusterMs(): number {
    return this.#anchoredMs() ?? this.#platform.wallMs();
  }

  get highest(): Hlc {
    return this.#highest;
  }

  /** Only of what is certified. */
  observe(time: Hlc): void {
    if (time > this.#highest) this.#highest = time;
  }

  /** A quorum's time, just now. */
  anchor(time: Hlc): void {
    this.#anchor = { ms: hlcMs(time), monotonicMs: this.#platform.monotonicMs() };
  }

  #anchoredMs(): number | undefined {
    if (this.#anchor === undefined) return undefined;
    return this.#anchor.ms + this.#platform.monotonicMs() - this.#anchor.monotonicMs;
  }
}
