import { SLEEP_MS } from "../limits.ts";
import type { Platform } from "../platform/platform.ts";
import type { CancelAlarm, Sweep } from "./sweep.ts";

const LOOK_MS = 1_000;

/**
 * Notices that the machine slept or its clock was moved: the monotonic clock may stand still in a
 * sleep and the wall clock may be set, but not both by the same amount.
 */
export class WakeWatch {
  readonly #platform: Platform;
  readonly #sweep: Sweep;
  readonly #onWake: () => void;
  #cancel: CancelAlarm | undefined;

  constructor(platform: Platform, sweep: Sweep, onWake: () => void) {
    this.#platform = platform;
    this.#sweep = sweep;
    this.#onWake = onWake;
  }

  start(): void {
    const wallMs = this.#platform.wallMs();
    const monotonicMs = this.#platform.monotonicMs();
    this.#cancel = this.#sweep.after(LOOK_MS, () => {
      const wentByMs = this.#platform.wallMs() - wallMs;
      const countedMs = this.#platform.monotonicMs() - monotonicMs;
      const late = Math.max(wentByMs, countedMs) > LOOK_MS + SLEEP_MS;
      if (late || Math.abs(wentByMs - countedMs) > SLEEP_MS) this.#onWake();
      this.start();
    });
  }

  stop(): void {
    this.#cancel?.();
  }
}
