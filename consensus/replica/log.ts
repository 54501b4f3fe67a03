import { WINDOW_LENGTH } from "../limits.ts";
import type { Sequence, View } from "../../base/types.ts";
import { Instance } from "./instance.ts";

/**
 * The instances between the watermarks, and below them those that peers may still ask for.
 *
 * `kept` < `low` ≤ h: votes are taken for (low, low + L]; committed instances stay from `kept` on,
 * the last but one stable checkpoint, so that a peer that is one interval behind needs no transfer.
 */
export class Log {
  /** h, the last stable checkpoint (Castro–Liskov §4.2). */
  low: Sequence;
  kept: Sequence;
  readonly #instances = new Map<Sequence, Instance>();
  readonly #touched = new Set<Sequence>();

  /** L. */
  readonly #length: number;
  /** c, the last sequence of our epoch, once its successor is decided. */
  end = Number.POSITIVE_INFINITY;

  constructor(low: Sequence, length: number = WINDOW_LENGTH) {
    this.low = low;
    this.kept = low;
    this.#length = length;
  }

  /** H = h + L, and nothing above the end of the epoch (L131). */
  get high(): Sequence {
    return Math.min(this.low + this.#length, this.end) as Sequence;
  }

  isInWindow(sequence: Sequence): boolean {
    return sequence > this.low && sequence <= this.high;
  }

  find(sequence: Sequence): Instance | undefined {
    return this.#instances.get(sequence);
  }

  /** The instance of a sequence above `kept` and up to H; creates it. */
  at(sequence: Sequence, nowMs: number): Instance {
    let instance = this.#instances.get(sequence);
    if (instance === undefined) {
      instance = new Instance(sequence);
      instance.openedMs = nowMs;
      this.#instances.set(sequence, instance);
    }
    return instance;
  }

  /** Something about it changed: it is looked at before the step ends. */
  touch(instance: Instance): void {
    this.#touched.add(instance.sequence);
  }

  touchAbove(sequence: Sequence): void {
    for (const other of this.#instances.keys()) if (other > sequence) this.#touched.add(other);
  }

  get isTouched(): boolean {
    return this.#touched.size > 0;
  }

  takeTouched(): Instance[] {
    if (this.#touched.size === 0) return [];
    const touched = [...this.#touched].sort((left, right) => left - right);
    this.#touched.clear();
    return touched.flatMap((sequence) => this.#instances.get(sequence) ?? []);
  }

  /** Instances above this sequence, ascending; at most a window of them. */
  above(sequence: Sequence): Instance[] {
    const instances: Instance[] = [];
    for (const [other, instance] of this.#instances) if (other > sequence) instances.push(instance);
    return instances.sort((left, right) => left.sequence - right.sequence);
  }

  dropRoundsBelow(view: View): void {
    for (const instance of this.#instances.values()) instance.dropRoundsBelow(view);
  }

  /** Moves the watermarks; everything at and below `kept` goes. */
  advance(low: Sequence, kept: Sequence): void {
    this.low = low;
    this.kept = kept;
    for (const sequence of this.#instances.keys()) {
      if (sequence <= kept) this.#instances.delete(sequence);
    }
  }
}
