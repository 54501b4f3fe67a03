/** Callers that are remembered; one that is forgotten begins anew, with a second's worth. */
const CALLER_COUNT_MAX = 4096;

interface Allowance {
  left: number;
  atMs: number;
}

/** How many requests a second each caller has made. A second's worth may come at once. */
export class Rates {
  readonly #nowMs: () => number;
  /** Least recently used first. */
  readonly #callers = new Map<string, Allowance>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** False: this one is more than `perSecond`, and does not count. */
  takes(caller: string, perSecond: number): boolean {
    const atMs = this.#nowMs();
    const most = Math.max(1, perSecond);
    const known = this.#callers.get(caller) ?? { left: most, atMs };
    const left = Math.min(most, known.left + ((atMs - known.atMs) * perSecond) / 1000);
    this.#callers.delete(caller);
    if (this.#callers.size >= CALLER_COUNT_MAX) this.#forgetOldest();
    const mayGo = left >= 1;
    this.#callers.set(caller, { left: mayGo ? left - 1 : left, atMs });
    return mayGo;
  }

  #forgetOldest(): void {
    for (const caller of this.#callers.keys()) {
      this.#callers.delete(caller);
      return;
    }
  }
}
