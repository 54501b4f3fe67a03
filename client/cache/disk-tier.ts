import { join } from "node:path";
import { hash as digestOf } from "node:crypto";
import { equalBytes } from "../../base/bytes.ts";
import { lockFolder } from "../../base/host/folder-lock.ts";
import type { FolderLock } from "../../base/host/folder-lock.ts";
import type { Hash } from "../../base/types.ts";
import { cacheCorrupt } from "./cache-errors.ts";
import { CacheTally } from "./cache-tally.ts";
import type {
  CacheCounts,
  CachedEntry,
  CachedValue,
  CacheTier,
  ValueWriter,
} from "./cache-tier.ts";
import { DiskIndex } from "./disk-index.ts";
import * as rows from "./disk-rows.ts";
import * as limits from "./limits.ts";
import { INDEX, markClosed, openIndexFile } from "./index-file.ts";
import { heldValue } from "./memory-tier.ts";
import { ValueFiles } from "./value-files.ts";

export interface DiskTierOptions {
  readonly folder: string;
  /** These two undefined: as the folder's last owner had them, else the defaults. */
  readonly bytesMax?: number | undefined;
  readonly ageMsMax?: number | undefined;
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
    parts: { tally: CacheTally; files: ValueFiles; lock: FolderLock },
  ) {
    this.#options = options;
    this.#tally = parts.tally;
    this.#files = parts.files;
    this.#lock = parts.lock;
    this.#index = new DiskIndex({
      path: join(options.folder, INDEX),
      folder: options.folder,
      bytesMax: options.bytesMax,
      ageMsMax: options.ageMsMax,
      nowMs: options.nowMs,
      tally: parts.tally,
      isPinned: (key) => key[0] === rows.SPACE_VALUE && this.#pins.has(nameOf(key.subarray(1))),
      onEvicted: (key) => this.#removeFile(key),
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
      const tier = new DiskTier(options, { tally, files, lock });
      if (found.state !== "closed") await tier.#sweepFiles();
      if (found.state === "salvaged") await tier.#index.recount();
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
    this.#index.put(entryKey(entry.location), body, body.length + limits.ROW_OVERHEAD_BYTES);
  }

  dropEntry(location: Hash): void {
    this.#index.remove(entryKey(location));
  }

  getValue(digest: Hash): CachedValue | undefined {
    const moving = this.#moving.get(nameOf(digest));
    const value = moving === undefined ? this.#stored(digest) : heldValue(digest, moving.bytes);
    this.#count(value !== undefined);
    return value;
  }

  putValue(digest: Hash, bytes: Uint8Array): void {
    if (this.#isTooLarge(bytes.length)) this.#tally.shed++;
    else if (bytes.length <= limits.INDEXED_VALUE_BYTES_MAX)
      this.#enter(digest, bytes.length, bytes);
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
        this.#enter(digest, size, undefined);
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
    await Promise.all(this.#removals);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#index.close();
    await Promise.all(this.#removals);
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
   * that are not what their row says, go; order and figures are made right.
   * @returns files removed that no row named
   */
  async verify(): Promise<number> {
    await this.flush();
    for (const key of [...this.#index.keys(rows.SPACE_ENTRY)]) this.#index.get(key);
    for (const key of [...this.#index.keys(rows.SPACE_VALUE)]) {
      const value = this.#stored(new Uint8Array(key.subarray(1)) as Hash);
      if (value !== undefined && value.bytes === undefined) await readThrough(value);
    }
    await this.#index.recount();
    return this.#sweepFiles();
  }

  #sweepFiles(): Promise<number> {
    return this.#files.sweep((digest) => this.#index.has(valueKey(digest)));
  }

  #stored(digest: Hash): CachedValue | undefined {
    const body = this.#index.get(valueKey(digest));
    const value = body && rows.decodeValueBody(body);
    if (value === undefined) return undefined;
    if (value.bytes === undefined) return this.#filed(digest, value.size);
    if (equalBytes(digestOf("sha256", value.bytes, "buffer"), digest)) {
      return heldValue(digest, value.bytes);
    }
    this.#dropCorrupt(digest);
    return undefined;
  }

  #filed(digest: Hash, size: number): CachedValue {
    const stream = async function* (this: DiskTier): AsyncGenerator<Uint8Array, void, undefined> {
      try {
        yield* this.#files.stream(digest, size);
      } catch (error) {
        // Without its row it was evicted under its reader, which is no damage.
        if (this.#index.has(valueKey(digest))) this.#dropCorrupt(digest);
        throw error instanceof Error ? error : cacheCorrupt(digest);
      }
    };
    return { digest, size, bytes: undefined, stream: stream.bind(this) };
  }

  #dropCorrupt(digest: Hash): void {
    this.#tally.corrupt++;
    this.dropValue(digest);
  }

  #enter(digest: Hash, size: number, bytes: Uint8Array | undefined): void {
    const body = rows.encodeValueBody({ size, bytes });
    this.#index.put(valueKey(digest), body, size + limits.ROW_OVERHEAD_BYTES);
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
        () => this.#enter(digest, bytes.length, undefined),
        () => void this.#tally.shed++,
      )
      .finally(() => {
        this.#movingBytes -= bytes.length;
        this.#moving.delete(name);
      });
    this.#moving.set(name, { bytes, done });
  }

  #removeFile(key: Buffer): void {
    if (key[0] !== rows.SPACE_VALUE) return;
    // Put again meanwhile: the file belongs to the new row.
    if (this.#index.get(key) !== undefined) return;
    const removal = this.#files
      .remove(new Uint8Array(key.subarray(1)) as Hash)
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

function valueKey(digest: Hash): Buffer {
  return rows.rowKey(rows.SPACE_VALUE, digest);
}

function nameOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.length).toString("latin1");
}
