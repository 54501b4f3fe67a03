/** The journal's bounds in a replica. Each number has its reason beside it. */

/** What a replica's segments may take together: some days of an idle one, an hour of a loaded one. */
export const JOURNAL_BYTES_DEFAULT: number = 32 * 1024 * 1024;
/** The oldest segment is dropped as a whole; so an eighth of the past goes at a time. */
export const JOURNAL_SEGMENT_COUNT = 8;
/** Less would hold fewer events than a block. */
export const JOURNAL_BYTES_MIN: number = 1024 * 1024;
/** Events wait so long for others of their block; so much is lost in a crash. */
export const JOURNAL_FLUSH_MS = 1_000;
/** With somebody looking on. */
export const JOURNAL_LIVE_FLUSH_MS = 100;
/** Blocks that a disk has not taken: beyond, blocks are dropped and counted. */
export const JOURNAL_WRITE_QUEUE_MAX = 64;
/** Viewers' collectors of one replica. */
export const JOURNAL_SUBSCRIBER_COUNT_MAX = 8;
/** What waits for one subscriber; a slower one misses blocks and is told how many events. */
export const JOURNAL_SUBSCRIBER_BYTES_MAX: number = 4 * 1024 * 1024;
/** Who looks on reads to the end, but no epoch and no process waits longer for it. */
export const JOURNAL_GOODBYE_MS_MAX = 500;
/** Only small frames carry a hint: copying a large one costs more than the hint is worth. */
export const TRACED_BODY_BYTES_MAX: number = 16 * 1024;
