import type { Hash } from "../../base/types.ts";
import type {
  CacheCounts,
  CachedEntry,
  CachedValue,
  CacheTier,
  ValueWriter,
} from "./cache-tier.ts";
import { defaultCacheFolder } from "./cache-folder.ts";
import { DiskTier } from "./disk-tier.ts";
import {
  DISK_AGE_MS_MAX,
  DISK_BYTES_MAX,
  MEMORY_BYTES_MAX,
  WHOLE_READ_BYTES_MAX,
} from "./limits.ts";
import { MemoryTier } from "./memory-tier.ts";

export interface LocalCacheOptions {
  /** Default: `$XDG_CACHE_HOME/quorate`. */
  readonly folder?: string;
  readonly memoryBytesMax?: number;
  readonly diskBytesMax?: number;
  readonly diskAgeMsMax?: number;
}

/** L1 over L2. What L2 hands out whole is kept in L1 for the next time. */
export class LocalCache implements CacheTier {
  readonly #memory: CacheTier;
  readonly #disk: CacheTier;

  constructor(tiers: { readonly memory: CacheTier; readonly disk: CacheTier }) {
    this.#memory = tiers.memory;
    this.#disk = tiers.disk;
  }

  /** @throws QuorateError FOLDER_IN_USE */
  static async open(options: LocalCacheOptions = {}): Promise<LocalCache> {
    const folder = options.folder ?? defaultCacheFolder();
    const disk = await DiskTier.open({
      folder,
      bytesMax: options.diskBytesMax ?? DISK_BYTES_MAX,
      ageMsMax: options.diskAgeMsMax ?? DISK_AGE_MS_MAX,
    });
    const memory = new MemoryTier({ bytesMax: options.memoryBytesMax ?? MEMORY_BYTES_MAX });
    return new LocalCache({ memory, disk });
  }

  getEntry(location: Hash): CachedEntry | undefined {
    const near = this.#memory.getEntry(location);
    if (near !== undefined) return near;
    const far = this.#disk.getEntry(location);
    if (far !== undefined) this.#memory.putEntry(far);
    return far;
  }

  putEntry(entry: CachedEntry): void {
    this.#memory.putEntry(entry);
    this.#disk.putEntry(entry);
  }

  dropEntry(location: Hash): void {
    this.#memory.dropEntry(location);
    this.#disk.dropEntry(location);
  }

  getValue(digest: Hash): CachedValue | undefined {
    return this.#memory.getValue(digest) ?? this.#fromDisk(digest);
  }

  putValue(digest: Hash, bytes: Uint8Array): void {
    if (bytes.length <= WHOLE_READ_BYTES_MAX) this.#memory.putValue(digest, bytes);
    this.#disk.putValue(digest, bytes);
  }

  startValue(digest: Hash, size: number): Promise<ValueWriter | undefined> {
    return this.#disk.startValue(digest, size);
  }

  dropValue(digest: Hash): void {
    this.#memory.dropValue(digest);
    this.#disk.dropValue(digest);
  }

  pin(digest: Hash): void {
    this.#disk.pin(digest);
  }

  unpin(digest: Hash): void {
    this.#disk.unpin(digest);
  }

  /** Of the disk, which holds all; `hits` are those of both. */
  counts(): CacheCounts {
    const { memory, disk } = this.tierCounts();
    return { ...disk, hits: memory.hits + disk.hits };
  }

  tierCounts(): { readonly memory: CacheCounts; readonly disk: CacheCounts } {
    return { memory: this.#memory.counts(), disk: this.#disk.counts() };
  }

  flush(): Promise<void> {
    return this.#disk.flush();
  }

  async close(): Promise<void> {
    await this.#memory.close();
    await this.#disk.close();
  }

  #fromDisk(digest: Hash): CachedValue | undefined {
    const value = this.#disk.getValue(digest);
    if (value === undefined) return undefined;
    if (value.bytes !== undefined) this.#memory.putValue(digest, value.bytes);
    if (value.bytes !== undefined || value.size > WHOLE_READ_BYTES_MAX) return value;
    const memory = this.#memory;
    const stream = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for await (const chunk of value.stream()) {
        // A value of this size comes in one chunk, checked.
        if (chunk.length === value.size) memory.putValue(digest, chunk);
        yield chunk;
      }
    };
    return { ...value, stream };
  }
}
