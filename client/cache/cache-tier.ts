import type { Hash } from "../../base/types.ts";

/**
 * The local cache, one tier: memory (L1) and disk (L2) speak this one interface and pass one
 * conformance suite. Entries (small, by location) and values (by SHA-256) are separate, so equal
 * values are held once and an entry may outlive its bytes.
 *
 * 1. What a tier hands out is what was put in: L1 holds verified, immutable bytes and does not hash
 *    them again; L2 hashes every row and value on its way out and drops what does not fit.
 * 2. Both spaces together stay below `bytesMax`; the least recently used goes first. A pinned value
 *    stays.
 * 3. It is a cache: anything may be gone at any time. Only what was put and then `flush`ed, and is
 *    pinned, is promised to be there.
 */
export interface CacheTier {
  getEntry(location: Hash): CachedEntry | undefined;
  /** Visible at once; durable after `flush`. */
  putEntry(entry: CachedEntry): void;
  dropEntry(location: Hash): void;

  getValue(digest: Hash): CachedValue | undefined;
  /** `bytes` must have this digest (the caller checked) and must not change any more. */
  putValue(digest: Hash, bytes: Uint8Array): void;
  /** A value too large to hold in memory. Nothing is visible before `commit`. */
  startValue(digest: Hash, size: number): Promise<ValueWriter | undefined>;
  dropValue(digest: Hash): void;
  /** Keeps a value from being evicted until `unpin` was called as often. Not kept over a restart. */
  pin(digest: Hash): void;
  unpin(digest: Hash): void;

  counts(): CacheCounts;
  /** Everything put before is on the medium that this tier has. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface CachedEntry {
  /** `entryHash` of namespace and key (consensus/hashing.ts). */
  readonly location: Hash;
  readonly valueDigest: Hash;
  readonly size: number;
  /** Opaque to the cache: whatever its user needs to answer again. At most 64 KiB. */
  readonly record: Uint8Array;
}

export interface CachedValue {
  readonly digest: Hash;
  readonly size: number;
  /** Present when at hand in memory, checked. */
  readonly bytes: Uint8Array | undefined;
  /**
   * The last chunk is withheld until the digest holds.
   * @throws QuorateError CACHE_CORRUPT: the value was dropped and counted; ask elsewhere.
   */
  readonly stream: () => AsyncIterable<Uint8Array>;
}

export interface ValueWriter {
  write(chunk: Uint8Array): Promise<void>;
  /** @throws QuorateError VALUE_MISMATCH unless exactly the announced bytes were written. */
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface CacheCounts {
  readonly entries: number;
  readonly values: number;
  readonly bytes: number;
  /** What `bytes` would be if nothing were packed or shared. */
  readonly plainBytes: number;
  /** Parts of values in files of their own, each there once. */
  readonly chunks: number;
  /** Plain bytes of chunks that values name and that were there already. */
  readonly sharedBytes: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  /** Rows and values that did not have their hash, and were dropped. */
  readonly corrupt: number;
  /** Puts not taken: too large, or the disk was full or behind. */
  readonly shed: number;
  /** The store was unreadable at start and was begun anew. */
  readonly wiped: number;
}
