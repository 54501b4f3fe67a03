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
  #closed = false;

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** By the monotonic clock. */
  nowMs(): number {
    return this.#platform.monotonicMs();
  }

  after(delayMs: number, run: () => void): CancelAlarm {
    if (this.#closed) return () => undefined;
    const alarm: Alarm = { dueMs: this.nowMs() + delayMs, run };
    this.#alarms.add(alarm);
    this.#stop ??= this.#platform.every(SWEEP_MS, () => this.#ring());
    return () => void this.#alarms.delete(alarm);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Rings what waits, so that nobody waits for ever, and nothing after. */
  close(): void {
    this.#closed = true;
    this.#stop?.();
    this.#stop = undefined;
    const alarms = [...this.#alarms];
    this.#alarms.clear();
    for (const { run } of alarms) run();
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
