import { join } from "node:path";
import { packBytes } from "../../base/host/packed-bytes.ts";
import { lockFolder } from "../../base/host/folder-lock.ts";
import type { FolderLock } from "../../base/host/folder-lock.ts";
import type { Hash } from "../../base/types.ts";
import { CacheTally } from "./cache-tally.ts";
import type {
  CacheCounts,
  CachedEntry,
  CachedValue,
  CacheTier,
  ValueWriter,
} from "./cache-tier.ts";
import { ChunkFiles } from "./chunk-files.ts";
import { nameOf } from "./chunk-ledger.ts";
import { DiskIndex } from "./disk-index.ts";
import * as rows from "./disk-rows.ts";
import * as limits from "./limits.ts";
import { INDEX, markClosed, openIndexFile } from "./index-file.ts";
import { heldValue } from "./memory-tier.ts";
import { Settler } from "./settler.ts";
import { StoredValues, valueKey } from "./stored-values.ts";
import { ValueFiles } from "./value-files.ts";

export interface DiskTierOptions {
  readonly folder: string;
  /** These two undefined: as the folder's last owner had them, else the defaults. */
  readonly bytesMax?: number | undefined;
  readonly ageMsMax?: number | undefined;
  /** Pack rows, and pack and chunk files behind the answers. Default false: all stays as it came. */
  readonly settles?: boolean | undefined;
  /** Tests only. */
  readonly nowMs?: (() => number) | undefined;
}

/** L2: an index in LMDB, small values in its rows, larger ones in files of their own. */
export class DiskTier implements CacheTier {
  readonly #options: DiskTierOptions;
  readonly #tally: CacheTally;
  readonly #files: ValueFiles;
  readonly #lock: FolderLock;
  readonly #index: DiskIndex;
  readonly #chunks: ChunkFiles;
  readonly #values: StoredValues;
  readonly #settler: Settler;
  readonly #pins = new Map<string, number>();
  /** Values on their way into files, by digest: readers find them here meanwhile. */
  readonly #moving = new Map<
    string,
    { readonly bytes: Uint8Array; readonly done: Promise<void> }
  >();
  #movingBytes = 0;
  /** Files on their way out: a folder that is closed has none. */
  readonly #removals = new Set<Promise<void>>();

  private constructor(
    options: DiskTierOptions,
    parts: { tally: CacheTally; files: ValueFiles; chunks: ChunkFiles; lock: FolderLock },
  ) {
    this.#options = options;
    this.#tally = parts.tally;
    this.#files = parts.files;
    this.#chunks = parts.chunks;
    this.#lock = parts.lock;
    this.#index = new DiskIndex({
      path: join(options.folder, INDEX),
      folder: options.folder,
      bytesMax: options.bytesMax,
      ageMsMax: options.ageMsMax,
      nowMs: options.nowMs,
      tally: parts.tally,
      isPinned: (key) => key[0] === rows.SPACE_VALUE && this.#pins.has(nameOf(key.subarray(1))),
      pack: options.settles === true ? packRow : undefined,
      onEvicted: (key) => this.#removeFile(key),
    });
    this.#chunks.isNamed = (digest) => this.#index.has(rows.chunkKey(digest));
    this.#values = new StoredValues({
      index: this.#index,
      files: this.#files,
      chunks: this.#chunks,
      onCorrupt: (digest) => this.#dropCorrupt(digest),
    });
    this.#settler = new Settler({
      chunks: this.#chunks,
      // A full disk must not cost what lies on it.
      pathOf: (digest) =>
        this.#values.isFile(digest) && !this.#index.isFull ? this.#files.path(digest) : undefined,
      enter: (value, chunks) => this.#enterChunks(value, chunks),
    });
  }

  /**
   * A store that was not closed properly, or whose index changed since, is read by a child first;
   * of a damaged one what still holds is kept.
   * @throws QuorateError FOLDER_IN_USE
   */
  static async open(options: DiskTierOptions): Promise<DiskTier> {
    const lock = lockFolder(options.folder);
    try {
      const tally = new CacheTally();
      const found = await openIndexFile(options.folder);
      tally.corrupt += found.unsound;
      if (found.state === "wiped") tally.wiped++;
      const files = await ValueFiles.open(options.folder);
      const chunks = await ChunkFiles.open(options.folder);
      const tier = new DiskTier(options, { tally, files, chunks, lock });
      // Salvaged rows have no counts of chunks: those that they name are counted first.
      if (found.state === "salvaged") await tier.#index.recount();
      if (found.state !== "closed") await tier.#sweepFiles();
      return tier;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  getEntry(location: Hash): CachedEntry | undefined {
    const body = this.#index.get(entryKey(location));
    const entry = body && rows.decodeEntryBody(body);
    this.#count(entry !== undefined);
    return entry && { location, ...entry };
  }

  putEntry(entry: CachedEntry): void {
    if (entry.record.length > limits.RECORD_BYTES_MAX) {
      this.#tally.shed++;
      return;
    }
    const body = rows.encodeEntryBody(entry);
    this.#index.put(entryKey(entry.location), body);
  }

  dropEntry(location: Hash): void {
    this.#index.remove(entryKey(location));
  }

  getValue(digest: Hash): CachedValue | undefined {
    const moving = this.#moving.get(nameOf(digest));
    const value =
      moving === undefined ? this.#values.find(digest) : heldValue(digest, moving.bytes);
    this.#count(value !== undefined);
    return value;
  }

  putValue(digest: Hash, bytes: Uint8Array): void {
    if (this.#isTooLarge(bytes.length)) this.#tally.shed++;
    else if (bytes.length <= limits.INDEXED_VALUE_BYTES_MAX)
      this.#enter(digest, { form: rows.FORM_ROW, size: bytes.length, bytes });
    else this.#moveIntoFile(digest, bytes);
  }

  async startValue(digest: Hash, size: number): Promise<ValueWriter | undefined> {
    if (this.#isTooLarge(size)) {
      this.#tally.shed++;
      return undefined;
    }
    const writer = await this.#files.start(digest, size);
    return {
      write: (chunk) => writer.write(chunk),
      commit: async () => {
        await writer.commit();
        this.#enterFile(digest, size);
      },
      abort: () => writer.abort(),
    };
  }

  dropValue(digest: Hash): void {
    const key = valueKey(digest);
    this.#index.remove(key);
    this.#removeFile(key);
  }

  pin(digest: Hash): void {
    const name = nameOf(digest);
    this.#pins.set(name, (this.#pins.get(name) ?? 0) + 1);
  }

  unpin(digest: Hash): void {
    const name = nameOf(digest);
    const left = (this.#pins.get(name) ?? 0) - 1;
    if (left > 0) this.#pins.set(name, left);
    else this.#pins.delete(name);
  }

  counts(): CacheCounts {
    return this.#tally.counts();
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#moving.values()].map(({ done }) => done));
    await this.#index.flush();
    await this.#removed();
  }

  /** Nothing waits to be packed or chunked any more. */
  async settled(): Promise<void> {
    await this.flush();
    await this.#settler.idle();
    await this.flush();
  }

  async close(): Promise<void> {
    await this.#settler.close();
    await this.flush();
    await this.#index.close();
    await this.#removed();
    await markClosed(this.#options.folder);
    this.#lock.release();
  }

  get within(): { readonly bytesMax: number; readonly ageMsMax: number } {
    return this.#index.within;
  }

  /** Drops all, pinned or not. */
  async clear(): Promise<void> {
    await this.flush();
    for (const space of [rows.SPACE_ENTRY, rows.SPACE_VALUE]) {
      for (const key of [...this.#index.keys(space)]) this.#index.remove(key);
    }
    await this.flush();
    await this.#sweepFiles();
  }

  /** Evicts down to the limits, now. */
  async trim(): Promise<void> {
    await this.flush();
    await this.#index.trim();
  }

  /**
   * Reads everything once. What does not hold is dropped and counted; files that no row names, or
   * that are not what their row says, go; order, figures and counts of chunks are made right.
   */
  async verify(): Promise<{
    /** Removed because no row named them. */
    readonly strayFiles: number;
    /** Chunks that more or fewer values named than was counted. */
    readonly miscounted: number;
  }> {
    await this.settled();
    for (const key of [...this.#index.keys(rows.SPACE_ENTRY)]) this.#index.get(key);
    for (const key of [...this.#index.keys(rows.SPACE_VALUE)]) {
      const value = this.#values.find(new Uint8Array(key.subarray(1)) as Hash);
      if (value !== undefined && value.bytes === undefined) await readThrough(value);
    }
    // What did not hold leaves first, with the chunks that it alone named.
    await this.flush();
    const miscounted = await this.#index.recount();
    return { strayFiles: await this.#sweepFiles(), miscounted };
  }

  async #sweepFiles(): Promise<number> {
    const files = await this.#files.sweep((digest) => this.#values.isFile(digest));
    return files + (await this.#chunks.sweep());
  }

  async #removed(): Promise<void> {
    await Promise.all(this.#removals);
    await this.#chunks.idle();
  }

  #dropCorrupt(digest: Hash): void {
    this.#tally.corrupt++;
    this.dropValue(digest);
  }

  #enter(digest: Hash, value: rows.ValueBody): void {
    this.#index.put(valueKey(digest), rows.encodeValueBody(value));
  }

  #enterFile(digest: Hash, size: number): void {
    this.#enter(digest, { form: rows.FORM_FILE, size });
    if (this.#options.settles === true) this.#settler.add(digest, size);
  }

  async #enterChunks(
    { digest, size }: { readonly digest: Hash; readonly size: number },
    chunks: readonly rows.ChunkRef[],
  ): Promise<void> {
    if (!this.#values.isFile(digest)) return;
    this.#enter(digest, { form: rows.FORM_CHUNKS, size, chunks });
    await this.#index.flush();
    this.#removeFile(valueKey(digest));
  }

  #moveIntoFile(digest: Hash, bytes: Uint8Array): void {
    const name = nameOf(digest);
    if (this.#moving.has(name)) return;
    if (this.#movingBytes + bytes.length > limits.PENDING_BYTES_MAX) {
      this.#tally.shed++;
      return;
    }
    this.#movingBytes += bytes.length;
    const done = this.#files
      .write(digest, bytes)
      .then(
        () => this.#enterFile(digest, bytes.length),
        () => void this.#tally.shed++,
      )
      .finally(() => {
        this.#movingBytes -= bytes.length;
        this.#moving.delete(name);
      });
    this.#moving.set(name, { bytes, done });
  }

  #removeFile(key: Buffer): void {
    const digest = new Uint8Array(key.subarray(1)) as Hash;
    if (key[0] === rows.SPACE_CHUNK) this.#chunks.removeUnnamed(digest);
    if (key[0] !== rows.SPACE_VALUE) return;
    // Put again meanwhile: the file belongs to the new row.
    if (this.#values.isFile(digest) || this.#moving.has(nameOf(digest))) return;
    const removal = this.#files
      .remove(digest)
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  #isTooLarge(size: number): boolean {
    const { bytesMax } = this.#index.within;
    return size + limits.ROW_OVERHEAD_BYTES > bytesMax * limits.VALUE_SHARE_MAX;
  }

  #count(hit: boolean): void {
    if (hit) this.#tally.hits++;
    else this.#tally.misses++;
  }
}

/** A value that does not hold drops itself. */
async function readThrough(value: CachedValue): Promise<void> {
  try {
    for await (const chunk of value.stream()) void chunk;
  } catch {
    // Dropped and counted by its stream.
  }
}

function entryKey(location: Hash): Buffer {
  return rows.rowKey(rows.SPACE_ENTRY, location);
}

/** A small value in its packed form; undefined: that would not help. */
async function packRow(key: Buffer, body: Buffer): Promise<Buffer | undefined> {
  if (key[0] !== rows.SPACE_VALUE || body[0] !== rows.FORM_ROW) return undefined;
  const value = rows.decodeValueBody(body);
  const packed = value?.form === rows.FORM_ROW ? await packBytes(value.bytes) : undefined;
  if (value === undefined || packed === undefined) return undefined;
  return rows.encodeValueBody({ form: rows.FORM_PACKED_ROW, size: value.size, bytes: packed });
}
