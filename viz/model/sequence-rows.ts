const NO_ROW = -1;
const CAPACITY_MIN = 64;
/**
 * So many places may be empty before the map takes over, and as many again as SPARSENESS times
 * those that are not: a journal that skips sequences costs no more than its events do.
 */
const GAP_MAX = 65_536;
const SPARSENESS_MAX = 4;

/**
 * The row of each of an author's events by its sequence. Sequences have no gaps, so an array does,
 * and takes a tenth of a map's time; what does not fit goes into a map all the same.
 */
export class SequenceRows {
  #rows = new Int32Array(CAPACITY_MIN).fill(NO_ROW);
  /** The sequence whose row stands first. */
  #base = 0;
  #length = 0;
  /** Rows that stand in the array. */
  #count = 0;
  readonly #strays = new Map<number, number>();

  get(sequence: number): number {
    const at = sequence - this.#base;
    if (at >= 0 && at < this.#length) {
      const row = this.#rows[at] as number;
      if (row !== NO_ROW) return row;
    }
    return this.#strays.size === 0 ? NO_ROW : (this.#strays.get(sequence) ?? NO_ROW);
  }

  set(sequence: number, row: number): void {
    if (this.#length === 0) this.#base = sequence;
    const at = sequence - this.#base;
    if (at < 0 || at > this.#count * SPARSENESS_MAX + GAP_MAX) {
      this.#strays.set(sequence, row);
      return;
    }
    if (at >= this.#rows.length) this.#grow(at + 1);
    if (at >= this.#length || this.#rows[at] === NO_ROW) this.#count++;
    this.#rows[at] = row;
    this.#length = Math.max(this.#length, at + 1);
  }

  /** The oldest `count` rows of the table are gone; the others' numbers fall by that many. */
  dropRows(count: number): void {
    let first = this.#length;
    this.#count = 0;
    for (let at = 0; at < this.#length; at++) {
      const row = (this.#rows[at] as number) - count;
      this.#rows[at] = row >= 0 ? row : NO_ROW;
      if (row < 0) continue;
      first = Math.min(first, at);
      this.#count++;
    }
    this.#rows.copyWithin(0, first, this.#length);
    this.#rows.fill(NO_ROW, this.#length - first, this.#length);
    this.#length -= first;
    this.#base += first;
    for (const [sequence, row] of [...this.#strays]) {
      if (row >= count) this.#strays.set(sequence, row - count);
      else this.#strays.delete(sequence);
    }
  }

  #grow(least: number): void {
    const wider = new Int32Array(Math.max(least, this.#rows.length * 2)).fill(NO_ROW);
    wider.set(this.#rows);
    this.#rows = wider;
  }
}
