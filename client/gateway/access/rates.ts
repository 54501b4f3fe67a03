import { TokenBucket } from "../../../base/token-bucket.ts";

/** Callers that are remembered; one that is forgotten begins anew, with a second's worth. */
const CALLER_COUNT_MAX = 4096;

/** How many requests a second each caller has made. A second's worth may come at once. */
export class Rates {
  readonly #nowMs: () => number;
  /** Least recently used first. */
  readonly #callers = new Map<string, TokenBucket>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** False: this one is more than `perSecond`, and does not count. A caller's rate is always the same. */
  takes(caller: string, perSecond: number): boolean {
    const nowMs = this.#nowMs();
    const burst = Math.max(1, perSecond);
    const bucket = this.#callers.get(caller) ?? new TokenBucket({ perSecond, burst }, nowMs);
    this.#callers.delete(caller);
    if (this.#callers.size >= CALLER_COUNT_MAX) this.#forgetOldest();
    this.#callers.set(caller, bucket);
    return bucket.take(1, nowMs);
  }

  #forgetOldest(): void {
    for (const caller of this.#callers.keys()) {
      this.#callers.delete(caller);
      return;
    }
  }
}
