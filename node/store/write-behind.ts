import type { FreeSpace } from "../../base/host/free-space.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Environment } from "./environment.ts";
import type { LmdbRowStore } from "./lmdb-row-store.ts";
import type { ValueIndex } from "./value-index.ts";
import type { ValueLog } from "./value-log.ts";

/** Between two attempts after one failed: space does not come back faster. */
const RETRY_MS = 1000;

/**
 * With this much waiting the flush comes early: hashing and handing over rows holds the loop, some
 * 5 µs each, and a few thousand of them at a time are felt by nobody.
 */
const EARLY_BYTES = 2 * 1024 * 1024;

/** LMDB rewrites a page of 4 KiB and its parents for a row of 100 bytes. */
const COPY_FACTOR = 8;

export interface WriteBehindParts {
  readonly environment: Environment;
  readonly rows: LmdbRowStore;
  readonly index: ValueIndex;
  readonly log: ValueLog;
  readonly space: FreeSpace;
}

/**
 * Puts rows and index into LMDB, all that waits in one transaction, a while after it came.
 *
 * One commit at a time. A failed one loses nothing: what it held waits again, in front of what
 * came since, and is tried again until it goes through.
 */
export class WriteBehind {
  /** What rows rest on: resolves once the promises of everything applied so far are durable. */
  restsOn: () => Promise<void> = () => Promise.resolve();
  readonly #flushMs: number;
  readonly #onError: (error: unknown) => void;
  readonly #parts: WriteBehindParts;
  #timer: NodeJS.Timeout | undefined;
  #flight: Promise<void> | undefined;
  #isClosed = false;
  /** How long the timer runs, or the next one will. */
  #wait: "usual" | "early" | "retry" = "usual";

  constructor(
    options: { readonly flushMs: number; readonly onError: (error: unknown) => void },
    parts: WriteBehindParts,
  ) {
    this.#flushMs = options.flushMs;
    this.#onError = options.onError;
    this.#parts = parts;
  }

  schedule(): void {
    if (this.#isClosed || !this.#isDirty()) return;
    if (this.#parts.rows.pendingBytes >= EARLY_BYTES && this.#wait === "usual") {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#wait = "early";
    }
    if (this.#timer !== undefined) return;
    const delayMs = { usual: this.#flushMs, early: 0, retry: RETRY_MS }[this.#wait];
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // What went wrong was told to `onError`.
      void this.flush()
        .catch(() => {})
        .finally(() => this.schedule());
    }, delayMs);
    // A process that has nothing else to do calls close, which flushes.
    this.#timer.unref();
  }

  /** Everything that waits now is durable when it resolves. @throws QuorateError DISK_FULL, STORE_COMMIT_FAILED */
  async flush(): Promise<void> {
    while (this.#flight !== undefined) await this.#flight.catch(() => {});
    if (!this.#isDirty()) return;
    this.#flight = this.#commit();
    try {
      await this.#flight;
      this.#wait = "usual";
    } catch (error) {
      this.#wait = "retry";
      this.#onError(error);
      throw error;
    } finally {
      this.#flight = undefined;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.flush().catch(() => {});
  }

  #isDirty(): boolean {
    return this.#parts.rows.dirty || this.#parts.index.dirty;
  }

  async #commit(): Promise<void> {
    const { environment, rows, index, log, space } = this.#parts;
    // Others write to this disk too: one statfs a flush, some 30 µs, and never an old answer.
    await space.refresh();
    const bytes = rows.pendingBytes * COPY_FACTOR;
    await space.demand(bytes);
    const flushes = [rows.beginFlush(), index.beginFlush()];
    try {
      // A row must not be durable before the value that it names, nor before the promises of the
      // execution that made it: promises that end before the store were lost.
      await Promise.all([log.sync(), this.restsOn()]);
      await environment.commit((writes) => {
        for (const flush of flushes) flush.write(writes);
      });
      space.spend(bytes);
      for (const flush of flushes) flush.done();
    } catch (error) {
      for (const flush of flushes) flush.failed();
      throw new QuorateError(
        "STORE_COMMIT_FAILED",
        `the store in ${space.folder} could not commit`,
        "nothing is lost and it is tried again; see the cause, and free space on that disk",
        { cause: error },
      );
    }
  }
}
