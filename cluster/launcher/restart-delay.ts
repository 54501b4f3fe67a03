/** The first restart is quick: most deaths are a single bad moment. */
const DELAY_MS_MIN = 250;
/** A child that cannot start is tried again often enough to come back soon after its repair. */
const DELAY_MS_MAX = 10_000;
/** One that ran this long had started well; what ended it is a new matter. */
const STEADY_MS_MIN = 30_000;

/** How long to wait before a dead child is started again: doubling, bounded, forgotten when steady. */
export class RestartDelay {
  #next = DELAY_MS_MIN;

  afterRunOf(ranMs: number): number {
    if (ranMs >= STEADY_MS_MIN) this.#next = DELAY_MS_MIN;
    const delay = this.#next;
    this.#next = Math.min(this.#next * 2, DELAY_MS_MAX);
    return delay;
  }
}
