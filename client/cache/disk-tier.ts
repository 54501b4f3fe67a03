import { existsSync, readFileSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
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
import { heldValue } from "./memory-tier.ts";
import { probeStore } from "./probe-store.ts";
import { ValueFiles } from "./value-files.ts";

const INDEX = "index.lmdb";
/** Holds the index's size when it was closed; without it the store is probed first. */
const CLOSED = "closed";

export interface DiskTierOptions {
  readonly folder: string;
  readonly bytesMax: number;
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
      tally: parts.tally,
      isPinned: (key) => key[0] === rows.SPACE_VALUE && this.#pins.has(nameOf(key.subarray(1))),
      onEvicted: (key) => this.#removeFile(key),
    });
  }

  /**
   * A store that was not closed properly is read once by a child; an unreadable one is wiped.
   * @throws QuorateError FOLDER_IN_USE
   */
  static async open(options: DiskTierOptions): Promise<DiskTier> {
    const lock = lockFolder(options.folder);
    try {
      const tally = new CacheTally();
      const wasClean = wasClosed(options.folder);
      await rm(join(options.folder, CLOSED), { force: true });
      if (!wasClean && !(await isReadable(options.folder))) {
        await wipe(options.folder);
        tally.wiped++;
      }
      const files = await ValueFiles.open(options.folder);
      const tier = new DiskTier(options, { tally, files, lock });
      if (!wasClean) await files.sweep((digest) => tier.#index.get(valueKey(digest)) !== undefined);
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
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#index.close();
    await writeFile(join(this.#options.folder, CLOSED), String(sizeOf(this.#options.folder)));
    this.#lock.release();
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
        this.#dropCorrupt(digest);
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
    void this.#files.remove(new Uint8Array(key.subarray(1)) as Hash).catch(() => undefined);
  }

  #isTooLarge(size: number): boolean {
    return size + limits.ROW_OVERHEAD_BYTES > this.#options.bytesMax * limits.VALUE_SHARE_MAX;
  }

  #count(hit: boolean): void {
    if (hit) this.#tally.hits++;
    else this.#tally.misses++;
  }
}

/** Closed properly, and the index still has the size that it had then. */
function wasClosed(folder: string): boolean {
  try {
    return Number(readFileSync(join(folder, CLOSED), "utf8")) === sizeOf(folder);
  } catch {
    return false;
  }
}

function sizeOf(folder: string): number {
  return statSync(join(folder, INDEX)).size;
}

async function isReadable(folder: string): Promise<boolean> {
  const path = join(folder, INDEX);
  return !existsSync(path) || (await probeStore(path));
}

async function wipe(folder: string): Promise<void> {
  for (const name of [INDEX, `${INDEX}-lock`, "values"]) {
    await rm(join(folder, name), { recursive: true, force: true });
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
