/** So many a second, so many at once. Time comes in as an argument, monotonic milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #refilledMs: number;

  constructor(rate: { readonly perSecond: number; readonly burst: number }, nowMs: number) {
    this.#perMs = rate.perSecond / 1_000;
    this.#burst = rate.burst;
    this.#tokens = rate.burst;
    this.#refilledMs = nowMs;
  }

  /** Takes `count` tokens, or none and answers false. */
  take(count: number, nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < count) return false;
    this.#tokens -= count;
    return true;
  }

  /** Whether anything may be spent: for work whose cost is known only afterwards. */
  isOpen(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens > 0;
  }

  /** Books what was spent, into debt if need be: then it stays shut until that is earned back. */
  spend(count: number): void {
    this.#tokens -= count;
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#refilledMs) return;
    const earned = (nowMs - this.#refilledMs) * this.#perMs;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#refilledMs = nowMs;
  }
}
