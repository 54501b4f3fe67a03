import { EventQueue } from "./event-queue.ts";
import type { Event } from "./event-queue.ts";
import { EventHash } from "./event-hash.ts";
import type { RunJournal } from "../tape/run-journal.ts";
import { Streams } from "./streams.ts";
import { Violation } from "./witness.ts";

/** What a run did, counted: faults by kind and marks by name. */
export type Counts = Map<string, number>;

/**
 * One run's time and order. Everything that happens is an event in one queue, in one thread; the
 * real node's code has promises inside (its log of promises), so an event may leave one to be
 * waited for before the next event.
 */
export class World {
  readonly streams: Streams;
  readonly hash = new EventHash();
  readonly faults: Counts = new Map();
  readonly marks: Counts = new Map();
  readonly #queue = new EventQueue();
  #nowUs = 0;
  #drain: Promise<void> | undefined;
  #stopped = false;
  eventCount = 0;
  violation: Violation | undefined;
  /** Who writes down what happens; it looks on and changes nothing. */
  journal: RunJournal | undefined;

  constructor(seed: number) {
    this.streams = new Streams(seed);
  }

  get nowUs(): number {
    return this.#nowUs;
  }

  get nowMs(): number {
    return this.#nowUs / 1000;
  }

  after(delayMs: number, event: Event): void {
    this.#queue.push(this.#nowUs + Math.max(0, Math.round(delayMs * 1000)), event);
  }

  /** At an absolute virtual time, or now if that is past. */
  at(timeMs: number, event: Event): void {
    this.#queue.push(Math.max(this.#nowUs, Math.round(timeMs * 1000)), event);
  }

  /** The present event ends only when this has settled. */
  waitFor(settled: Promise<void>): void {
    const before = this.#drain;
    this.#drain = before === undefined ? settled : before.then(() => settled);
  }

  /** A checker found something: nothing happens any more. The first one counts. */
  fail(violation: Violation): void {
    this.violation ??= violation;
    this.#stopped = true;
  }

  /** Runs events up to this time; false: somebody stopped the world. */
  async runUntil(timeMs: number): Promise<boolean> {
    const endUs = timeMs * 1000;
    while (!this.#stopped && this.#queue.nextTime <= endUs) {
      this.#nowUs = this.#queue.nextTime;
      this.eventCount++;
      this.#happen();
      while (this.#drain !== undefined) {
        const drain = this.#drain;
        this.#drain = undefined;
        await drain;
      }
    }
    if (!this.#stopped) this.#nowUs = Math.max(this.#nowUs, endUs);
    return !this.#stopped;
  }

  #happen(): void {
    const event = this.#queue.pop();
    if (event !== undefined) this.judge(event);
  }

  /** Whatever a checker finds in it ends the world. */
  judge(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.fail(error);
    }
  }

  fault(kind: string): void {
    this.faults.set(kind, (this.faults.get(kind) ?? 0) + 1);
    this.hash.text(kind);
  }

  /** A place that a good simulator must come to. */
  mark(name: string): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + 1);
  }
}
