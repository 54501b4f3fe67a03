/** The library's named bounds. Each number has its reason beside it. */

/** How old a certified root may be before a read is stale (R18). */
export const FRESHNESS_MS_MAX = 5_000;

/** For calls that name no deadline: twenty request timers of a replica. */
export const DEADLINE_MS = 10_000;

/** With no replica connected at all, a call gives up this soon: a build must not hang. */
export const UNREACHABLE_MS_MAX = 1_000;

/** One sweep judges all deadlines, hedges and retransmissions; no request has a timer of its own. */
export const SWEEP_MS = 5;

/** A write set that nobody answered is sent again, to all: under a replica's request timer. */
/** While too few replicas are connected, how often somebody is asked whether there is a new epoch. */
export const CHAIN_ASK_MS = 500;
export const RETRANSMIT_MS = 250;

/** Later retransmissions are rarer: a cluster without a quorum is not helped by noise. */
export const RETRANSMIT_MS_MAX = 4_000;

/** First wait after a replica said that it was overloaded; doubled up to the longest, with jitter. */
export const BUSY_MS_MIN = 100;

/** Requests on one connection without an answer; a replica cuts off beyond 512. */
export const IN_FLIGHT_MAX = 384;

/** Write sets on their way; a session remembers 128 counters. */
export const SETS_IN_FLIGHT_MAX = 64;

/** Writes waiting to be signed; more are refused with CLIENT_BUSY. */
export const WRITES_WAITING_MAX = 16_384;

/** Encoded writes of one set: what a write set holds beside 64 KiB of inline values. */
export const SET_WRITE_BYTES_MAX = 160 * 1024;

/**
 * From the longest wait of its callers to the end of a write set that the library sends itself.
 * Short, because a session is remembered until then and a writer has a bounded number of them.
 */
export const NOT_AFTER_MARGIN_MS = 10_000;

/** Callers who wait longer than this wait for a set that lapses before them. */
export const NOT_AFTER_MS_LIMIT = 540_000;

/** The same for one that a journal keeps: most of what replicas accept (ten minutes). */
export const JOURNAL_NOT_AFTER_MS = 540_000;

/** First and longest wait before a lost connection is tried again; full jitter in between. */
export const RECONNECT_MS_MIN = 50;
export const RECONNECT_MS_MAX = 5_000;

/** From dialling to the replica's proof. */
export const HANDSHAKE_MS_MAX = 3_000;

/** Until latencies are known, the next replica is asked after this long … */
export const HEDGE_MS_DEFAULT = 50;
/** … later after mean + 4 deviations, within these bounds. */
export const HEDGE_MS_MIN = 8;
export const HEDGE_MS_MAX = 500;

/** When every replica declined, the round begins again after this. */
export const ROUND_PAUSE_MS = 10;

/** Verified roots remembered by their statement's bytes: a second of a busy cluster. */
export const ROOTS_KNOWN_MAX = 512;

/** Roots pushed by replicas are verified at most this often while no read waits for one. */
export const ROOT_VERIFY_MS = 100;

/** Fresher heartbeats are verified when they gain at least this much. */
export const HEARTBEAT_GAIN_MS = 400;

/** A sweep later than this was a sleep: time and freshness are asked for anew. */
export const SLEEP_MS = 5_000;

/** Between two questions for the time while no quorum signs one. */
export const TIME_ASK_MS = 1_000;

/** Changed state of the reader (floor, time, position) reaches the disk this soon. */
export const STATE_SAVE_MS = 1_000;

/** Values up to this size are read whole before a byte is handed on. */
export const WHOLE_VALUE_BYTES_MAX = 1024 * 1024;

/** A keeper that sends no byte of a value for this long has stalled. */
export const BLOB_SILENCE_MS_MAX = 5_000;

/** Uploads of one write set at the same time, of all its values to all replicas. */
export const UPLOADS_AT_ONCE_MAX = 8;

/** Revocation heads are asked for this often at most while roots go by. */
export const REVOCATION_FOLLOW_MS = 250;
