import type { Sequence } from "../../base/types.ts";

/**
 * Promises may go once two conditions hold: the replica needs them no more (`want`), and the store
 * holds what they would replay: a crash must find the batches above what was flushed.
 */
export class Truncation {
  readonly #promises: { truncate(below: Sequence): void };
  readonly #flushedSequence: () => Sequence;
  #wanted = 0 as Sequence;
  #done = 0 as Sequence;

  constructor(promises: { truncate(below: Sequence): void }, flushedSequence: () => Sequence) {
    this.#promises = promises;
    this.#flushedSequence = flushedSequence;
  }

  want(below: Sequence): void {
    if (below > this.#wanted) this.#wanted = below;
    this.run();
  }

  run(): void {
    const below = Math.min(this.#wanted, this.#flushedSequence()) as Sequence;
    if (below <= this.#done) return;
    this.#done = below;
    this.#promises.truncate(below);
  }
}
