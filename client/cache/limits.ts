/** The cache's named bounds. Each number has its reason beside it. */

/** Memory for L1: a build's hot headers and manifests; small beside a compiler. */
export const MEMORY_BYTES_MAX = 128 * 1024 * 1024;

/** Disk for L2: ccache's and Bazel's own defaults lie between 5 and 10 GiB. */
export const DISK_BYTES_MAX = 10 * 1024 * 1024 * 1024;

/** What nobody used for this long is of no build that still runs. */
export const DISK_AGE_MS_MAX = 30 * 24 * 60 * 60 * 1000;

/** How often a store looks for what has grown too old, when nothing else moves. */
export const AGE_SWEEP_MS = 60 * 60 * 1000;

/** One value may take this part of a tier, so that one cannot sweep out all others. */
export const VALUE_SHARE_MAX = 1 / 4;

/** Values up to this size lie in LMDB: four pages; larger ones are files. */
export const INDEXED_VALUE_BYTES_MAX = 16 * 1024;

/** Values up to this size are read in one piece and kept in L1 after. */
export const WHOLE_READ_BYTES_MAX = 1024 * 1024;

/** One chunk of a longer value: large enough that hashing, not calling, is the cost. */
export const CHUNK_BYTES = 256 * 1024;

/** Values above it are stored as chunks: the largest chunk; what is smaller has too few of them. */
export const CHUNKED_BYTES_MIN: number = 2 * 1024 * 1024;

/** Pause between two chunks that are made behind the answers: a fifth of a core at the most. */
export const SETTLE_PAUSE_MS = 10;

/** Values that wait to be packed or chunked; beyond it one stays as it came. */
export const SETTLING_COUNT_MAX = 4096;

/** Rows that are packed at once: as many as the thread pool has threads. */
export const PACKING_COUNT = 4;

/** A row's bookkeeping on disk and in memory, charged for each entry and value. */
export const ROW_OVERHEAD_BYTES = 256;

/** What waits for the disk at most; more is shed, because a cache must not eat the memory. */
export const PENDING_BYTES_MAX = 64 * 1024 * 1024;

/** How long a change may wait for company in one transaction. */
export const TURN_DELAY_MS = 50;

/** Hits remembered between two turns, so that use counts without a write for each read. */
export const TOUCHED_COUNT_MAX = 4096;

/** Rows that one turn evicts at most; the next turn goes on. */
export const EVICTION_COUNT_MAX = 1024;

/** The opaque part of an entry: a row with its receipt. */
export const RECORD_BYTES_MAX = 64 * 1024;

/** Free space below which nothing more is written: LMDB panics on a full disk. */
export const FREE_BYTES_MIN = 64 * 1024 * 1024;

/** How long the child that probes a store may take before the store counts as unreadable. */
export const PROBE_MS_MAX = 60_000;
