import type { Sequence } from "../../base/types.ts";

/**
 * Below what this reader never goes back. `served`: the newest root under which it was answered;
 * `written`: where its own writes were executed. Both only rise, and are kept on disk.
 */
export class Floor {
  #served = 0;
  #written = 0;

  get served(): Sequence {
    return this.#served as Sequence;
  }

  /** Read your writes, and never older than what you read. */
  get session(): Sequence {
    return Math.max(this.#served, this.#written) as Sequence;
  }

  noteServed(sequence: Sequence): void {
    this.#served = Math.max(this.#served, sequence);
  }

  noteWritten(sequence: Sequence): void {
    this.#written = Math.max(this.#written, sequence);
  }
}
