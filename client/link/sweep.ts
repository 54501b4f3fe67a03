import { SWEEP_MS } from "../limits.ts";
import type { Platform } from "../platform/platform.ts";

interface Alarm {
  readonly dueMs: number;
  readonly run: () => void;
}

export type CancelAlarm = () => void;

/**
 * All waiting of the library: one interval that runs while anything waits, instead of a timer for
 * each request. An alarm rings at most one sweep late.
 */
export class Sweep {
  readonly #platform: Platform;
  readonly #alarms = new Set<Alarm>();
  #stop: (() => void) | undefined;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** By the monotonic clock. */
  nowMs(): number {
    return this.#platform.monotonicMs();
  }

  after(delayMs: number, run: () => void): CancelAlarm {
    const alarm: Alarm = { dueMs: this.nowMs() + delayMs, run };
    this.#alarms.add(alarm);
    this.#stop ??= this.#platform.every(SWEEP_MS, () => this.#ring());
    return () => void this.#alarms.delete(alarm);
  }

  close(): void {
    this.#alarms.clear();
    this.#stop?.();
    this.#stop = undefined;
  }

  #ring(): void {
    const nowMs = this.nowMs();
    for (const alarm of this.#alarms) {
      if (alarm.dueMs > nowMs) continue;
      this.#alarms.delete(alarm);
      alarm.run();
    }
    if (this.#alarms.size > 0) return;
    this.#stop?.();
    this.#stop = undefined;
  }
}
