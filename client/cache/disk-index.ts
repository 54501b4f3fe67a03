import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { FreeSpace } from "../../base/host/free-space.ts";
import { CacheTally } from "./cache-tally.ts";
import * as rows from "./disk-rows.ts";
import { EVICTION_COUNT_MAX, FREE_BYTES_MIN, TOUCHED_COUNT_MAX, TURN_DELAY_MS } from "./limits.ts";

interface Change {
  readonly key: Buffer;
  /** Undefined: remove. */
  readonly body: Buffer | undefined;
  readonly charge: number;
}

export interface DiskIndexOptions {
  /** Path of the LMDB file. */
  readonly path: string;
  readonly folder: string;
  readonly bytesMax: number;
  readonly tally: CacheTally;
  /** Tests only: free space below which nothing is written. */
  readonly freeBytesMin?: number;
  readonly isPinned: (key: Buffer) => boolean;
  /** The row left the index; its file, if it had one, may go. */
  readonly onEvicted: (key: Buffer) => void;
}

/** Removals that could not be committed; beyond it nothing is read any more by this process. */
const UNDONE_COUNT_MAX = 65_536;

/**
 * Rows of L2 in LMDB, written behind in turns: changes wait in memory, where readers see them at
 * once, until one transaction takes them, moves what was used to the young end of the order, and
 * evicts from its old end. What cannot be written is forgotten, never what was there before it: a
 * revoked entry must not come back because the disk was full.
 *
 * `overlappingSync: false` is the one setting of lmdb-js under which a commit that answered was
 * never lost (R7).
 */
export class DiskIndex {
  readonly #options: DiskIndexOptions;
  readonly #tally: CacheTally;
  readonly #space: FreeSpace;
  #store: RootDatabase<Buffer, Buffer>;
  #pending = new Map<string, Change>();
  #writing = new Map<string, Change>();
  /** Removals of turns that failed: in force here, and tried again with the next turn. */
  #undone = new Map<string, Change>();
  #touched = new Map<string, Buffer>();
  #tick = 0;
  #turn: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DiskIndexOptions) {
    this.#options = options;
    this.#tally = options.tally;
    this.#space = new FreeSpace(options.folder, {
      bytesMin: options.freeBytesMin ?? FREE_BYTES_MIN,
    });
    this.#store = openStore(options.path);
    const meta = this.#read(rows.META_KEY);
    const [tick, bytes, entries, values] = (meta && rows.decodeFigures(meta, 4)) ?? [0, 0, 0, 0];
    this.#tick = tick!;
    Object.assign(this.#tally, { bytes, entries, values });
  }

  /** The body, or undefined; a row without its seal is removed and counted. */
  get(key: Buffer): Buffer | undefined {
    const name = key.toString("latin1");
    const change = this.#pending.get(name) ?? this.#writing.get(name);
    if (change !== undefined) return change.body;
    if (this.#undone.has(name) || this.#undone.size > UNDONE_COUNT_MAX) return undefined;
    const body = this.#read(key);
    if (body !== undefined && this.#touched.size < TOUCHED_COUNT_MAX) this.#touched.set(name, key);
    return body;
  }

  put(key: Buffer, body: Buffer, charge: number): void {
    this.#change({ key, body, charge });
  }

  remove(key: Buffer): void {
    this.#change({ key, body: undefined, charge: 0 });
  }

  /** Everything changed before is in a committed transaction, or was shed. */
  async flush(): Promise<void> {
    while (this.#pending.size > 0 || this.#turn !== undefined) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      await (this.#turn ?? this.#startTurn());
    }
  }

  async close(): Promise<void> {
    await this.flush();
    if (this.#touched.size > 0) await this.#startTurn();
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  #change(change: Change): void {
    this.#pending.set(change.key.toString("latin1"), change);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#turn !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#startTurn();
    }, TURN_DELAY_MS);
    this.#timer.unref();
  }

  #startTurn(): Promise<void> {
    this.#turn = this.#runTurn().finally(() => {
      this.#turn = undefined;
      this.#writing = new Map();
      if (this.#pending.size > 0) this.#schedule();
    });
    return this.#turn;
  }

  async #runTurn(): Promise<void> {
    this.#writing = new Map([...this.#undone, ...this.#pending]);
    this.#pending = new Map();
    const touched = this.#touched;
    this.#touched = new Map();
    const before = { ...this.#tally.counts(), tick: this.#tick };
    try {
      await this.#space.refresh();
      // Above the watermark there is room to write; below it, to remove.
      if (this.#space.low) this.#shed();
      const evicted: Buffer[] = [];
      await this.#store.transaction(() => this.#apply(touched, evicted));
      if (this.#undone.size <= UNDONE_COUNT_MAX) this.#undone.clear();
      for (const key of evicted) this.#options.onEvicted(key);
    } catch {
      // A full disk shows itself as a failed commit and leaves the environment in panic; what was
      // committed before stays intact. Begin again with a fresh environment.
      const { bytes, entries, values, tick } = before;
      Object.assign(this.#tally, { bytes, entries, values });
      this.#tick = tick;
      this.#shed();
      for (const [name, change] of this.#writing) {
        if (this.#undone.size <= UNDONE_COUNT_MAX) this.#undone.set(name, change);
      }
      await this.#store.close().catch(() => undefined);
      this.#store = openStore(this.#options.path);
    }
  }

  /** Nothing of this turn is written: each of its rows is removed instead. */
  #shed(): void {
    for (const [name, { key, body }] of this.#writing) {
      if (body !== undefined) this.#tally.shed++;
      this.#writing.set(name, { key, body: undefined, charge: 0 });
    }
  }

  /** Runs inside the transaction: what it reads includes what it has written. */
  #apply(touched: ReadonlyMap<string, Buffer>, evicted: Buffer[]): void {
    for (const [name, key] of touched) if (!this.#writing.has(name)) this.#renew(key);
    for (const { key, body, charge } of this.#writing.values()) {
      this.#forget(key);
      if (body === undefined) continue;
      this.#write(key, body);
      this.#enterOrder(key, charge);
      this.#tally.add(kindOf(key), charge);
    }
    this.#evict(evicted);
    const { bytes, entries, values } = this.#tally;
    this.#write(rows.META_KEY, rows.encodeFigures([this.#tick, bytes, entries, values]));
  }

  #enterOrder(key: Buffer, charge: number): void {
    const tick = ++this.#tick;
    this.#write(rows.orderKey(tick), key);
    this.#write(rows.useKey(key), rows.encodeFigures([tick, charge]));
  }

  #renew(key: Buffer): void {
    const use = this.#useOf(key);
    if (use === undefined) return;
    this.#store.removeSync(rows.orderKey(use.tick));
    this.#enterOrder(key, use.charge);
  }

  /** Takes the row out of index, order and count. */
  #forget(key: Buffer): void {
    const use = this.#useOf(key);
    if (use !== undefined) {
      this.#store.removeSync(rows.orderKey(use.tick));
      this.#store.removeSync(rows.useKey(key));
      this.#tally.remove(kindOf(key), use.charge);
    }
    this.#store.removeSync(key);
  }

  #useOf(key: Buffer): { readonly tick: number; readonly charge: number } | undefined {
    const body = this.#read(rows.useKey(key));
    const figures = body && rows.decodeFigures(body, 2);
    return figures && { tick: figures[0]!, charge: figures[1]! };
  }

  #evict(evicted: Buffer[]): void {
    if (this.#tally.bytes <= this.#options.bytesMax) return;
    const range = { start: rows.orderKey(0), end: Buffer.of(rows.SPACE_ORDER + 1) };
    const oldest = [
      ...this.#store.getKeys({ ...range, limit: EVICTION_COUNT_MAX, snapshot: false }),
    ];
    for (const order of oldest) {
      if (this.#tally.bytes <= this.#options.bytesMax) return;
      const key = this.#read(order);
      if (key !== undefined && this.#options.isPinned(key)) continue;
      this.#store.removeSync(order);
      if (key === undefined) continue;
      this.#forget(key);
      this.#tally.evictions++;
      evicted.push(key);
    }
  }

  #write(key: Buffer, body: Buffer): void {
    this.#store.putSync(key, rows.seal(key, body));
  }

  #read(key: Buffer): Buffer | undefined {
    const row = this.#store.get(key);
    if (row === undefined) return undefined;
    const body = rows.unseal(key, row);
    if (body !== undefined) return body;
    this.#tally.corrupt++;
    if (key[0] === rows.SPACE_ENTRY || key[0] === rows.SPACE_VALUE) this.remove(key);
    return undefined;
  }
}

function openStore(path: string): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path,
    keyEncoding: "binary",
    encoding: "binary",
    overlappingSync: false,
  });
}

function kindOf(key: Buffer): "entry" | "value" {
  return key[0] === rows.SPACE_ENTRY ? "entry" : "value";
}
