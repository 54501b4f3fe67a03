/** A set that is held whole while it is checked: the largest proof and its obligation. */
export const SET_BYTES_MAX: number = 320 * 1024 * 1024;

/** Checked on the caller's thread: some milliseconds. Beyond it on one of its own. */
export const INLINE_CHECK_BYTES_MAX: number = 64 * 1024;

/** Statements that later proofs are likely to cite; a database cites its axioms all the time. */
export const STATEMENT_COUNT_MAX = 65_536;

/** Reads under way at one time: what a replica answers one client without falling behind. */
export const LOOKUPS_AT_ONCE = 32;

/** A theorem of set.mm is at most 483 above its axioms. */
export const DEPTH_MAX = 4096;
