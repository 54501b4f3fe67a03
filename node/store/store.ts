import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { writeFileAtomically, syncFolder } from "../../base/host/atomic-file.ts";
import { lockFolder } from "../../base/host/folder-lock.ts";
import type { FolderLock } from "../../base/host/folder-lock.ts";
import { FreeSpace } from "../../base/host/free-space.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Sequence } from "../../base/types.ts";
import { BlobFiles } from "./blob-files.ts";
import type { OnDamage } from "./damage.ts";
import { Environment } from "./environment.ts";
import { LmdbRowStore } from "./lmdb-row-store.ts";
import { probeStore } from "./probe-store.ts";
import type { StoredState } from "./stored-row.ts";
import { ValueCollector } from "./value-collector.ts";
import type { Collected } from "./value-collector.ts";
import { ValueHolds } from "./value-holds.ts";
import { ValueIndex } from "./value-index.ts";
import { ValueLog } from "./value-log.ts";
import { ValueStore } from "./value-store.ts";
import { WriteBehind } from "./write-behind.ts";

/** What lies in a store's folder; a later number comes with a way to read the earlier ones. */
const FORMAT = 1;

/** Damaged environments are kept for whoever wants to know why; two are enough. */
const DAMAGED_COUNT_MAX = 2;

export interface StoreOptions {
  readonly onDamage: OnDamage;
  /** A flush failed; it is tried again. For the log and the metrics. */
  readonly onFlushError?: (error: unknown) => void;
  /** Bytes on the file system that are never written to. */
  readonly freeBytesMin?: number;
  /** How long what was applied may wait for its flush. */
  readonly flushMs?: number;
  /** How long a value that nothing names is kept. */
  readonly graceMs?: number;
  readonly segmentBytesMax?: number;
}

/** Two of the largest write sets' values, and what LMDB needs to copy its pages. */
const FREE_BYTES_MIN = 256 * 1024 * 1024;

/**
 * Rows have random keys, so each dirties a page of its own: the more that go together, the fewer
 * pages are written for each. What waits is in memory and in the promise log.
 */
const FLUSH_MS = 1000;

/** Six times the longest life of a write set (NOT_AFTER_MS_MAX): nothing open rests on less. */
const GRACE_MS = 60 * 60 * 1000;

/**
 * Everything that one replica keeps and could fetch again from its peers: the rows of the state and
 * the values. What it may never lose (its promises, its key) lies elsewhere.
 */
export class Store {
  readonly folder: string;
  readonly rows: LmdbRowStore;
  readonly values: ValueStore;
  /** What is kept though no entry names it. */
  readonly holds: ValueHolds;
  readonly #lock: FolderLock;
  readonly #environment: Environment;
  readonly #log: ValueLog;
  readonly #behind: WriteBehind;
  readonly #collector: ValueCollector;
  readonly #space: FreeSpace;

  private constructor(folder: string, lock: FolderLock, options: StoreOptions) {
    const { onDamage } = options;
    this.folder = folder;
    this.#lock = lock;
    this.#environment = new Environment(join(folder, "index"), onDamage);
    const log = new ValueLog(join(folder, "values"), onDamage, options);
    const index = new ValueIndex(this.#environment, log);
    const blobs = new BlobFiles(join(folder, "blobs"));
    this.#log = log;
    this.#space = new FreeSpace(folder, { bytesMin: options.freeBytesMin ?? FREE_BYTES_MIN });
    this.holds = new ValueHolds(options.graceMs ?? GRACE_MS, () => performance.now());
    this.rows = new LmdbRowStore(this.#environment, onDamage, {
      hash: nodeCrypto.hash,
      onApplied: ({ rows }) => {
        for (const { key, row } of rows) this.#collector.note(key, row);
        this.#behind.schedule();
      },
    });
    const flushMs = options.flushMs ?? FLUSH_MS;
    const onError = options.onFlushError ?? (() => {});
    this.#behind = new WriteBehind(
      { flushMs, onError },
      { environment: this.#environment, rows: this.rows, index, log, space: this.#space },
    );
    const onDirty = (): void => this.#behind.schedule();
    const parts = { log, index, blobs, holds: this.holds };
    this.values = new ValueStore({ ...parts, space: this.#space, onDamage, onDirty });
    const flush = (): Promise<void> => this.#behind.flush();
    this.#collector = new ValueCollector({ ...parts, rows: this.rows, flush });
  }

  /**
   * Opens the store in `folder`, or makes one. A damaged environment is moved aside and begun
   * anew: then `flushed` is undefined, and a state transfer refills it; values are found again.
   *
   * @throws QuorateError FOLDER_IN_USE, STORE_FORMAT
   */
  static async open(folder: string, options: StoreOptions): Promise<Store> {
    mkdirSync(folder, { recursive: true });
    const lock = lockFolder(folder);
    try {
      demandFormat(folder, options.onDamage);
      await moveAsideIfDamaged(folder, options.onDamage);
      const store = new Store(folder, lock, options);
      await store.#space.refresh();
      store.#behind.schedule();
      return store;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** The state that a crash now would leave; undefined in a fresh store. */
  get flushed(): StoredState | undefined {
    return this.rows.flushed;
  }

  get flushedSequence(): Sequence {
    return this.rows.flushedSequence;
  }

  /** Rows wait for this before each commit: see {@link WriteBehind.restsOn}. */
  restOn(durable: () => Promise<void>): void {
    this.#behind.restsOn = durable;
  }

  /** Whether there is too little room: values are refused and rows wait in memory until there is. */
  get diskFull(): boolean {
    return this.#space.low;
  }

  /** Asks the file system again: others fill it and free it too. A failure is no answer. */
  async lookForRoom(): Promise<void> {
    await this.#space.refresh().catch(() => {});
  }

  /** Resolves when everything applied and put so far is durable. @throws QuorateError DISK_FULL */
  flush(): Promise<void> {
    return this.#behind.flush();
  }

  /** Removes values that nothing names or holds; in slices, and never two at a time. */
  collect(): Promise<Collected> {
    return this.#collector.sweep();
  }

  /** Flushes what it can, closes and lets the folder go. */
  async close(): Promise<void> {
    await this.#behind.close();
    await this.#log.close();
    await this.#environment.close();
    this.#lock.release();
  }
}

/**
 * Another layout's number is another version's store. A file without a number is damage, and no
 * reason not to start: whatever is read has a hash of its own.
 */
function demandFormat(folder: string, onDamage: OnDamage): void {
  const path = join(folder, "format.json");
  const text = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  const format = text === undefined ? undefined : formatOf(text);
  if (format === FORMAT) return;
  if (typeof format !== "number") {
    if (text !== undefined) onDamage({ what: "format", found: text.slice(0, FOUND_LENGTH_MAX) });
    writeFileAtomically(path, utf8(`${JSON.stringify({ format: FORMAT })}\n`));
    return;
  }
  throw new QuorateError(
    "STORE_FORMAT",
    `${folder} has format ${format}; this version reads format ${FORMAT}`,
    "run the version that wrote it, or move the folder aside and let it refill from the peers",
  );
}

/** As much of a damaged file as a log line should bear. */
const FOUND_LENGTH_MAX = 100;

function formatOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly format?: unknown } | null)?.format;
  } catch {
    return undefined;
  }
}

async function moveAsideIfDamaged(folder: string, onDamage: OnDamage): Promise<void> {
  const path = join(folder, "index");
  if (!existsSync(join(path, "data.mdb"))) return;
  const verdict = await probeStore(path);
  if (verdict.sound) return;
  const prefix = "store.damaged-";
  const parent = dirname(folder);
  const movedTo = join(parent, `${prefix}${Date.now()}`);
  renameSync(path, movedTo);
  syncFolder(parent);
  const kept = readdirSync(parent)
    .filter((name) => name.startsWith(prefix))
    .sort();
  for (const name of kept.slice(0, -DAMAGED_COUNT_MAX)) {
    rmSync(join(parent, name), { recursive: true, force: true });
  }
  onDamage({ what: "environment", movedTo, why: verdict.why });
}
