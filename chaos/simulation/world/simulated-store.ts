import type { Sequence } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { LmdbRowStore } from "../../../node/store/lmdb-row-store.ts";
import type { Flush } from "../../../node/store/lmdb-row-store.ts";
import type { Damage } from "../../../node/store/damage.ts";
import type { StoredState } from "../../../node/store/stored-row.ts";
import type { ProcessLife } from "./process-life.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";

const FLUSH_MS = 100;
const RETRY_MS = 1000;
/** Between looks at whether a flush that somebody waits for has ended. */
const CLEAN_AGAIN_MS = 5;
/** One commit of LMDB, longest: its pages and two flushes. */
const COMMIT_MS = 4;

/**
 * The rows of one process over the simulated environment: the real `LmdbRowStore`, written behind
 * as node/store/write-behind.ts does it, in virtual time.
 */
export class SimulatedStore {
  readonly rows: LmdbRowStore;
  readonly #damaged = new Map<string, Uint8Array>();
  readonly #replica: SimulatedReplica;
  readonly #process: ProcessLife;
  #scheduled = false;

  constructor(replica: SimulatedReplica, process: ProcessLife) {
    this.#replica = replica;
    this.#process = process;
    this.rows = this.#open();
  }

  get flushed(): StoredState | undefined {
    return this.rows.flushed;
  }

  get flushedSequence(): Sequence {
    return this.rows.flushedSequence;
  }

  /** Rows that were noticed to be damaged are gone with the next flush. */
  discardDamaged(): void {
    this.rows.discard([...this.#damaged.values()]);
    this.#damaged.clear();
  }

  /** Calls back once everything that was applied is on the disk, however long that takes. */
  whenClean(done: () => void): void {
    if (this.rows.dirty) this.#process.after(CLEAN_AGAIN_MS, () => this.whenClean(done));
    else done();
  }

  #open(): LmdbRowStore {
    const { world } = this.#replica.surroundings;
    const onDamage = (damage: Damage): void => {
      world.mark("store: a damaged row was noticed");
      if (damage.what === "row") this.#damaged.set(keyText(damage.key), damage.key);
    };
    return new LmdbRowStore(this.#replica.environment, onDamage, {
      hash: this.#replica.surroundings.cryptography.crypto.hash,
      onApplied: () => this.#schedule(FLUSH_MS),
    });
  }

  #schedule(delayMs: number): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#process.after(delayMs, () => this.#flush());
  }

  #flush(): void {
    const { disk, surroundings } = this.#replica;
    const { world } = surroundings;
    if (disk.mood.full) {
      world.mark("store: a flush met a full disk");
      this.#scheduled = false;
      this.#schedule(RETRY_MS);
      return;
    }
    const flush = this.rows.beginFlush();
    const commit = (): void => this.#commit(flush);
    // As in node/: no row is durable before the promises of its execution. Lost ones end the process.
    this.#process.whenDurable({ resolve: commit, reject: () => undefined });
  }

  #commit(flush: Flush): void {
    const { disk, environment, surroundings } = this.#replica;
    const { world } = surroundings;
    const commitMs = Math.min(COMMIT_MS, 0.5 + disk.mood.syncMs);
    // The transaction happens whole in the middle of its time; a crash comes before or after.
    world.after(commitMs / 2, () => {
      if (this.#process.hasEnded) return;
      environment.commit((writes) => flush.write(writes));
      this.#process.after(commitMs / 2, () => {
        flush.done();
        this.#scheduled = false;
        if (this.rows.dirty) this.#schedule(FLUSH_MS);
        this.#replica.process?.flushed();
      });
    });
  }
}
