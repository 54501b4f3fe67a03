/** The machine's clock and the monotonic one went apart by more at once: half of ε. */
const JUMP_MS = 250;
/** So long after a jump nothing may have jumped again, before the machine's clock is followed. */
const SETTLE_MS = 5_000;

/**
 * The machine's own clock, followed with suspicion, for want of anything better: what somebody
 * sets, or a suspended machine missed, is a jump against the monotonic clock. Its time is then
 * counted on from before, and taken up again once it has stood for a while.
 */
export class MachineTime {
  #offsetMs: number;
  #seenMs: number;
  #jumpedAtMs: number | undefined;
  /** Jumps seen so far. */
  jumpCount = 0;

  constructor(monotonicMs: number, machineMs: number) {
    this.#seenMs = machineMs - monotonicMs;
    this.#offsetMs = this.#seenMs;
  }

  /** What to add to the monotonic clock, given what both show at this moment. */
  follow(monotonicMs: number, machineMs: number): number {
    const offsetMs = machineMs - monotonicMs;
    if (Math.abs(offsetMs - this.#seenMs) > JUMP_MS) {
      this.#jumpedAtMs = monotonicMs;
      this.jumpCount++;
    }
    this.#seenMs = offsetMs;
    if (this.#jumpedAtMs !== undefined && monotonicMs - this.#jumpedAtMs >= SETTLE_MS) {
      this.#jumpedAtMs = undefined;
    }
    if (this.#jumpedAtMs === undefined) this.#offsetMs = offsetMs;
    return this.#offsetMs;
  }

  /** What to add, as of the last time that it was followed. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  get settled(): boolean {
    return this.#jumpedAtMs === undefined;
  }
}
