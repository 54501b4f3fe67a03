import type { Hash } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";

/**
 * Why a value that no entry names is kept all the same: this replica acknowledged it and the write
 * set is still open (pinned, counted), or somebody has put or wanted it within the grace period.
 */
export class ValueHolds {
  readonly #graceMs: number;
  readonly #now: () => number;
  /** Everything is young when a replica starts: what was acknowledged before is not known here. */
  readonly #startMs: number;
  readonly #pins = new Map<string, number>();
  readonly #touchedMs = new Map<string, number>();

  /** `now`: monotonic milliseconds. */
  constructor(graceMs: number, now: () => number) {
    this.#graceMs = graceMs;
    this.#now = now;
    this.#startMs = now();
  }

  pin(digest: Hash): void {
    const name = keyText(digest);
    this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
  }

  unpin(digest: Hash): void {
    const name = keyText(digest);
    const count = (this.#pins.get(name) ?? 0) - 1;
    if (count > 0) this.#pins.set(name, count);
    else this.#pins.delete(name);
    this.touch(digest);
  }

  touch(digest: Hash): void {
    this.#touchedMs.set(keyText(digest), this.#now());
  }

  holds(digest: Hash): boolean {
    const name = keyText(digest);
    const touchedMs = this.#touchedMs.get(name) ?? this.#startMs;
    return this.#pins.has(name) || this.#now() - touchedMs < this.#graceMs;
  }

  /** Forgets touches that hold nothing any more; called once a sweep. */
  trim(): void {
    const oldest = this.#now() - this.#graceMs;
    for (const [name, touchedMs] of this.#touchedMs) {
      if (touchedMs < oldest) this.#touchedMs.delete(name);
    }
  }
}
