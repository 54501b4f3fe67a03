const FAST = 1 / 32;
const SLOW = 1 / 8192;
const MARGIN = 1.15;
const CONFLICTS_BETWEEN_MIN = 40;

/**
 * Restart when what was learned lately is worse than usual, by glue (Biere and Fröhlich, "Evaluating
 * CDCL Restart Schemes", 2015: two exponential averages).
 */
export class RestartPolicy {
  #fast = 0;
  #slow = 0;
  #sinceRestart = 0;
  #count = 0;

  get isDue(): boolean {
    return this.#sinceRestart >= CONFLICTS_BETWEEN_MIN && this.#fast > MARGIN * this.#slow;
  }

  learned(glue: number): void {
    this.#sinceRestart++;
    // While there are few, the plain average: else the first ones would count for ever.
    const weight = 1 / ++this.#count;
    this.#fast += (glue - this.#fast) * Math.max(FAST, weight);
    this.#slow += (glue - this.#slow) * Math.max(SLOW, weight);
  }

  restarted(): void {
    this.#sinceRestart = 0;
  }
}
