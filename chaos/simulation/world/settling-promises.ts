import type { Sequence } from "../../../base/types.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import type { Promises } from "../../../node/host/event-loop.ts";
import type { PromiseLog } from "../../../node/promises/promise-log.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

/**
 * The real log of promises, with a word to the world of when what follows from a flush has
 * happened, and one to the checkers of what is durable. An amnesiac has no log and writes nothing.
 */
export class SettlingPromises implements Promises {
  readonly #replica: SimulatedReplica;
  readonly #log: PromiseLog | undefined;
  #appended: PromiseRecord[] = [];
  #settle: (() => void) | undefined;

  constructor(replica: SimulatedReplica, log: PromiseLog | undefined) {
    this.#replica = replica;
    this.#log = log;
  }

  append(records: readonly PromiseRecord[]): void {
    this.#log?.append(records);
    for (const record of records) this.#appended.push(record);
  }

  truncate(below: Sequence): void {
    this.#log?.truncate(below);
  }

  /** Resolves when the flush that just ended has been carried out. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  sync(): PromiseLike<void> {
    const { disk, surroundings } = this.#replica;
    const appended = this.#appended;
    this.#appended = [];
    const before = disk.syncCount;
    const flight = this.#log === undefined ? Promise.resolve() : this.#log.sync();
    // No flush was begun: it has failed already, or there was nothing to flush.
    if (disk.syncCount === before) surroundings.world.waitFor(this.settled());
    const { process } = this.#replica;
    const ended = (): boolean => this.#replica.process !== process;
    const then = (done: () => void, failed: (error: unknown) => void): void => {
      flight.then(
        () => {
          this.#finish(() => {
            if (ended()) return;
            surroundings.witness.durable(this.#replica, appended);
            // oxlint-disable-next-line promise/no-callback-in-promise -- it is the loop's `then`
            done();
          });
        },
        (error: unknown) => this.#finish(() => (ended() ? undefined : failed(error))),
      );
    };
    // What the loop does next must have happened when the world goes on, not a microtask later.
    // oxlint-disable-next-line unicorn/no-thenable
    return { then } as unknown as PromiseLike<void>;
  }

  #finish(work: () => void): void {
    // Taken first: the work may begin the next flush, and that may end at once.
    const settle = this.#settle;
    this.#settle = undefined;
    this.#replica.guard(work);
    settle?.();
  }
}
