import { open } from "lmdb";
import type { RootDatabase } from "lmdb";
import { FreeSpace } from "../../base/host/free-space.ts";
import { CacheTally } from "./cache-tally.ts";
import type { Charges } from "./cache-tally.ts";
import { ChunkLedger } from "./chunk-ledger.ts";
import * as rows from "./disk-rows.ts";
import * as limits from "./limits.ts";
import { chargesOf, UseOrder } from "./use-order.ts";
import type { OrderedRows } from "./use-order.ts";

interface Change {
  readonly key: Buffer;
  /** Undefined: remove. */
  readonly body: Buffer | undefined;
  readonly charges: Charges;
}

const NO_CHARGES: Charges = { charge: 0, plainCharge: 0 };

export interface DiskIndexOptions {
  /** Path of the LMDB file. */
  readonly path: string;
  readonly folder: string;
  /** Both undefined: as the last owner had them. */
  readonly bytesMax: number | undefined;
  /** Rows not used for longer go, whatever room there is. */
  readonly ageMsMax: number | undefined;
  readonly tally: CacheTally;
  /** Tests only: milliseconds since 1970. */
  readonly nowMs?: (() => number) | undefined;
  /** Tests only: free space below which nothing is written. */
  readonly freeBytesMin?: number;
  readonly isPinned: (key: Buffer) => boolean;
  /** Another body that says the same and takes less room; undefined: this one is the smallest. */
  readonly pack?: ((key: Buffer, body: Buffer) => Promise<Buffer | undefined>) | undefined;
  /** The row, of a value or of a chunk, left the index; its file, if it had one, may go. */
  readonly onEvicted: (key: Buffer) => void;
}

/** What one turn works on. */
interface Turn {
  readonly touched: ReadonlyMap<string, Buffer>;
  readonly packed: ReadonlyMap<string, Buffer>;
  /** Filled by the turn: what left. */
  readonly evicted: Buffer[];
}

/** Removals that could not be committed; beyond it nothing is read any more by this process. */
const UNDONE_COUNT_MAX = 65_536;

/**
 * Rows of L2 in LMDB, written behind in turns: changes wait in memory, where readers see them at
 * once, until one transaction takes them, moves what was used to the young end of the order, and
 * evicts from its old end what is too much or too old. What cannot be written is forgotten, never what was there before it: a
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
  readonly #order: UseOrder;
  readonly #ledger: ChunkLedger;
  /** The last turn stopped at its bound of evictions. */
  #hasMoreToEvict = false;
  readonly #sweep: NodeJS.Timeout;
  readonly within: { readonly bytesMax: number; readonly ageMsMax: number };
  #turn: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: DiskIndexOptions) {
    this.#options = options;
    this.#tally = options.tally;
    this.#space = new FreeSpace(options.folder, {
      bytesMin: options.freeBytesMin ?? limits.FREE_BYTES_MIN,
    });
    this.#store = openStore(options.path);
    const ordered: OrderedRows = {
      nowMs: options.nowMs ?? Date.now,
      read: (key) => this.#read(key),
      write: (key, body) => this.#write(key, body),
      remove: (key) => void this.#store.removeSync(key),
      keys: (range) => this.#store.getKeys({ ...range, snapshot: false }),
    };
    this.#order = new UseOrder(ordered);
    this.#ledger = new ChunkLedger(ordered, this.#tally);
    const [bytesMax = limits.DISK_BYTES_MAX, ageMsMax = limits.DISK_AGE_MS_MAX] =
      rows.storeLimits(this.#read(rows.LIMITS_KEY)) ?? [];
    this.within = {
      bytesMax: options.bytesMax ?? bytesMax,
      ageMsMax: options.ageMsMax ?? ageMsMax,
    };
    const { tick, bytes, entries, values } = rows.storeFigures(this.#read(rows.META_KEY));
    this.#order.tick = tick;
    const [plainBytes, chunks, sharedBytes] = rows.storePlain(this.#read(rows.PLAIN_KEY)) ?? [];
    this.#tally.restore({ bytes, entries, values, plainBytes, chunks, sharedBytes });
    // An idle store grows old, too; and a limit may be lower than when it was last open.
    this.#sweep = setInterval(() => this.#schedule(), limits.AGE_SWEEP_MS).unref();
    this.#schedule();
  }

  /** The body, or undefined; a row without its seal is removed and counted. */
  get(key: Buffer): Buffer | undefined {
    const name = key.toString("latin1");
    const change = this.#pending.get(name) ?? this.#writing.get(name);
    if (change !== undefined) return change.body;
    if (this.#undone.has(name) || this.#undone.size > UNDONE_COUNT_MAX) return undefined;
    const body = this.#read(key);
    if (body !== undefined && this.#touched.size < limits.TOUCHED_COUNT_MAX)
      this.#touched.set(name, key);
    return body;
  }

  /** Whether a row is there, without counting that as a use. */
  has(key: Buffer): boolean {
    return this.peek(key) !== undefined;
  }

  /** As `get`, without counting that as a use. */
  peek(key: Buffer): Buffer | undefined {
    const name = key.toString("latin1");
    const change = this.#pending.get(name) ?? this.#writing.get(name);
    if (change !== undefined) return change.body;
    return this.#undone.has(name) ? undefined : this.#read(key);
  }

  /** As of the last turn: what is put now would be shed. */
  get isFull(): boolean {
    return this.#space.low;
  }

  put(key: Buffer, body: Buffer): void {
    this.#change({ key, body, charges: chargesOf(key, body) });
  }

  remove(key: Buffer): void {
    this.#change({ key, body: undefined, charges: NO_CHARGES });
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
    clearInterval(this.#sweep);
    clearTimeout(this.#timer);
    await this.#store.close();
  }

  /** Keys of one space in their own order, whether or not their rows hold. */
  keys(space: number): Iterable<Buffer> {
    return this.#store.getKeys({ start: Buffer.of(space), end: Buffer.of(space + 1) });
  }

  /**
   * Order of use, figures and counts of chunks made anew out of the rows that are there; what was
   * counted wrong is counted right after. To be called when nothing waits to be written.
   * @returns chunks that were not named as often as was counted
   */
  async recount(): Promise<number> {
    await this.flush();
    return this.#store.transaction(() => {
      const values = [...this.keys(rows.SPACE_VALUE)];
      this.#tally.restore({});
      this.#order.rebuild([...this.keys(rows.SPACE_ENTRY), ...values], (key, charges) =>
        this.#tally.add(kindOf(key), charges),
      );
      const wrong = this.#ledger.audit(values.map((key) => chunksOf(key, this.#read(key))));
      this.#writeFigures();
      return wrong;
    });
  }

  /** Until nothing is beyond the limits. */
  async trim(): Promise<void> {
    do {
      await this.flush();
      await this.#startTurn();
    } while (this.#hasMoreToEvict);
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
    }, limits.TURN_DELAY_MS);
    this.#timer.unref();
  }

  #startTurn(): Promise<void> {
    this.#turn = this.#runTurn().finally(() => {
      this.#turn = undefined;
      this.#writing = new Map();
      if (this.#pending.size > 0 || this.#hasMoreToEvict) this.#schedule();
    });
    return this.#turn;
  }

  async #runTurn(): Promise<void> {
    this.#writing = new Map([...this.#undone, ...this.#pending]);
    this.#pending = new Map();
    const touched = this.#touched;
    this.#touched = new Map();
    const before = { ...this.#tally.counts(), tick: this.#order.tick };
    const packed = await this.#pack();
    try {
      await this.#space.refresh();
      // Above the watermark there is room to write; below it, to remove.
      if (this.#space.low) this.#shed();
      const evicted: Buffer[] = [];
      await this.#store.transaction(() => this.#apply({ touched, packed, evicted }));
      if (this.#undone.size <= UNDONE_COUNT_MAX) this.#undone.clear();
      for (const key of evicted) this.#options.onEvicted(key);
    } catch {
      // A full disk shows itself as a failed commit and leaves the environment in panic; what was
      // committed before stays intact. Begin again with a fresh environment.
      this.#tally.restore(before);
      this.#order.tick = before.tick;
      this.#hasMoreToEvict = false;
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
      this.#writing.set(name, { key, body: undefined, charges: NO_CHARGES });
    }
  }

  /** Before the transaction, which is synchronous: the bodies that take less room when packed. */
  async #pack(): Promise<ReadonlyMap<string, Buffer>> {
    const packed = new Map<string, Buffer>();
    const { pack } = this.#options;
    if (pack === undefined) return packed;
    const changes = this.#writing.entries();
    const lane = async (): Promise<void> => {
      for (const [name, { key, body }] of changes) {
        const smaller = body && (await pack(key, body));
        if (smaller !== undefined) packed.set(name, smaller);
      }
    };
    await Promise.all(Array.from({ length: limits.PACKING_COUNT }, lane));
    return packed;
  }

  /** Runs inside the transaction: what it reads includes what it has written. */
  #apply({ touched, packed, evicted }: Turn): void {
    for (const [name, key] of touched) if (!this.#writing.has(name)) this.#order.renew(key);
    for (const [name, change] of this.#writing) {
      const { key } = change;
      const body = change.body && (packed.get(name) ?? change.body);
      // Named anew before the old row lets go, so that what both name stays.
      if (body !== undefined) this.#ledger.enter(chunksOf(key, body));
      evicted.push(...this.#forget(key));
      if (body === undefined) continue;
      const charges = body === change.body ? change.charges : chargesOf(key, body);
      this.#write(key, body);
      this.#order.enter(key, charges);
      this.#tally.add(kindOf(key), charges);
    }
    this.#evict(evicted);
    this.#writeFigures();
  }

  /**
   * Takes the row out of index, order and count.
   * @returns keys of the chunks that it was the last to name
   */
  #forget(key: Buffer): Buffer[] {
    const charges = this.#order.leave(key);
    if (charges !== undefined) this.#tally.remove(kindOf(key), charges);
    const free = this.#ledger.leave(this.#storedChunks(key));
    this.#store.removeSync(key);
    return free;
  }

  /** Of the row that is there now. Hardly any has chunks: one look at it tells. */
  #storedChunks(key: Buffer): readonly rows.ChunkRef[] {
    if (key[0] !== rows.SPACE_VALUE) return [];
    const row = this.#store.get(key);
    if (row === undefined || !rows.mayNameChunks(row)) return [];
    return chunksOf(key, rows.unseal(key, row));
  }

  #evict(evicted: Buffer[]): void {
    const { isPinned, nowMs = Date.now } = this.#options;
    const { bytesMax, ageMsMax } = this.within;
    const usedMsMin = nowMs() - ageMsMax;
    let looked = 0;
    const before = this.#tally.evictions;
    for (const { key, usedMs } of this.#order.oldest(limits.EVICTION_COUNT_MAX)) {
      looked++;
      if (this.#tally.bytes <= bytesMax && usedMs >= usedMsMin) {
        this.#hasMoreToEvict = false;
        return;
      }
      if (isPinned(key)) continue;
      evicted.push(key, ...this.#forget(key));
      this.#tally.evictions++;
    }
    this.#hasMoreToEvict = looked === limits.EVICTION_COUNT_MAX && this.#tally.evictions > before;
  }

  #writeFigures(): void {
    const { bytes, entries, values, plainBytes, chunks, sharedBytes } = this.#tally;
    this.#write(rows.META_KEY, rows.encodeFigures([this.#order.tick, bytes, entries, values]));
    this.#write(rows.PLAIN_KEY, rows.encodeFigures([plainBytes, chunks, sharedBytes]));
    const { bytesMax, ageMsMax } = this.within;
    this.#write(rows.LIMITS_KEY, rows.encodeFigures([bytesMax, ageMsMax]));
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

function chunksOf(key: Buffer, body: Buffer | undefined): readonly rows.ChunkRef[] {
  if (key[0] !== rows.SPACE_VALUE || body?.[0] !== rows.FORM_CHUNKS) return [];
  const value = rows.decodeValueBody(body);
  return value?.form === rows.FORM_CHUNKS ? value.chunks : [];
}

function kindOf(key: Buffer): "entry" | "value" {
  return key[0] === rows.SPACE_ENTRY ? "entry" : "value";
}
