/** The named bounds of agreement. Each number has its reason beside it. */

/** Checkpoint interval K: log and versions are dropped only at multiples of it (R11). */
export const CHECKPOINT_INTERVAL = 128;

/** Length L of the window of sequences in flight; two intervals, as Castro–Liskov §4.4 suggests. */
export const WINDOW_LENGTH = 2 * CHECKPOINT_INTERVAL;

/**
 * How far above what it executed a backup prepares first proposals: many times a pipeline, and so
 * few that a primary who leaves a gap cannot fill the memory with the bodies behind it.
 */
export const PROPOSALS_AHEAD_MAX = 32;

/** Members of one configuration: 3f+1 with f = 1. An order may raise f, and never go below this. */
export const REPLICA_COUNT_MIN = 4;

/** Members of one configuration. Certificates, view changes and packs are sized by it. */
export const REPLICA_COUNT_MAX = 64;

/** Links handed over at a time: of the largest configurations they fill half a frame. */
export const LINKS_AT_ONCE_MAX = 256;

/** Writes under one signature: a page of proofs of a manageable size. */
export const WRITE_SET_COUNT_MAX = 256;

/** Values that ride inside one write set, together (R8). */
export const INLINE_BYTES_MAX = 64 * 1024;

/** One encoded write: name, namespace and digests come to under 1 KiB; administration to 4. */
export const WRITE_BYTES_MAX = 8 * 1024;

/** One write set: the inline values plus the largest writes that go with them. */
export const WRITE_SET_BYTES_MAX = 256 * 1024;

/** One proposal. Sixteen full inline write sets; a frame and a log record must hold it. */
export const BATCH_BYTES_MAX = 2 * 1024 * 1024;

/** Write sets in one proposal. */
export const BATCH_ITEM_COUNT_MAX = 256;

/** Votes under one signature: two for each sequence of a full window. */
export const VOTE_PACK_COUNT_MAX = 1024;

/** Siblings in the path of a vote: log2 of the pack. */
export const VOTE_PATH_LENGTH_MAX = 10;

/** A key's name, bytes of UTF-8. */
export const NAME_BYTES_MAX = 512;

/** A namespace's name, bytes. The grammar is checked by `isNamespace`. */
export const NAMESPACE_BYTES_MAX = 64;

/** A kind's name with its version: "ccache-manifest/1". */
export const KIND_BYTES_MAX = 64;

/** An operator's name. */
export const OPERATOR_BYTES_MAX = 128;

/** Where one writer may write: a namespace, a slash and the beginning of names. */
export const GRANT_BYTES_MAX = NAMESPACE_BYTES_MAX + 1 + NAME_BYTES_MAX;

/** Grants of one writer, and operators that a namespace trusts: a policy that a person can read. */
export const GRANT_COUNT_MAX = 64;

/** The largest value, 1 GiB. */
export const VALUE_BYTES_MAX = 1024 * 1024 * 1024;

/** Values up to this size are handed over inside an answer. */
export const SMALL_VALUE_BYTES_MAX = 4 * 1024;

/** How far ahead of agreed time a write set's end may lie: ten minutes. */
export const NOT_AFTER_MS_MAX = 600_000;

/** Counters that a session remembers above its low mark: a connection's write sets in flight. */
export const SESSION_WINDOW = 128;

/**
 * Sessions of one writer key at a time. A process of the writer opens one and it is remembered for
 * some twenty seconds after its last write: a dozen short-lived processes a second, all told.
 */
export const SESSIONS_PER_WRITER_MAX = 256;

/** Outcomes that a session remembers in all: keeps its row within ROW_BYTES_MAX. */
export const SESSION_OUTCOMES_MAX = 4096;

/** Writers, or namespaces, of the policy: they are held in memory, and set by operators only. */
export const POLICY_ROW_COUNT_MAX = 65_536;

/** Roots that transfers may keep readable at once; each keeps every row overwritten since. */
export const PIN_COUNT_MAX = 4;

/** One encoded state row: an entry with its votes. */
export const ROW_BYTES_MAX = 64 * 1024;

/** Bits of a trie key: one byte of space and 32 of hash. */
export const MAP_KEY_SIZE = 33;
export const MAP_KEY_BITS = MAP_KEY_SIZE * 8;

/** Due entries swept by one execution, so that no batch pays for a whole backlog. */
export const SWEEP_COUNT_MAX = 64;

/** Entries that one execution looks at for the votes of revoked writers. */
export const REVOCATION_SWEEP_COUNT_MAX = 1024;

/** Revoked writers whose votes are still being withdrawn. */
export const REVOCATIONS_AT_ONCE_MAX = 64;

/** Entries that leave for one namespace's quota in one execution: as many as fit into a batch. */
export const EVICTION_COUNT_MAX = 16_384;

/** Past roots that the state remembers (R5). */
export const HISTORY_LENGTH = 4096;

/**
 * How old a suspicion may be when members are let go for it: some rounds of suspicions, so that who
 * came back meanwhile is not let go by old words.
 */
export const SUSPICION_MS_MAX = 20_000;

/** Rows in one listing or one fetch. */
export const PAGE_COUNT_MAX = 256;

/** One frame on a replica's or client's connection. Must hold a new-view of the largest committee. */
export const FRAME_BYTES_MAX = 16 * 1024 * 1024;
