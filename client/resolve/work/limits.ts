/** Bounds of open obligations and leases. Each number has its reason beside it. */

/** The class of leases: an entry that has versions. */
export const LEASE_KIND = "lease/1";

/** A worker that was killed is noticed this soon. */
export const LEASE_MS = 30_000;

/** A holder that proves nothing for this long gives way, however often it renews. */
export const LEASE_TERM_MS_MAX = 900_000;

/** A worker and a nonce, in hexadecimal. */
export const LEASE_VALUE_BYTES_MAX = 256;

/** Workers whose lapses are remembered, and lapses after which their leases are not waited for. */
export const LAPSES_MAX = { workers: 1024, obligations: 3 } as const;

/** An open obligation's statement: a formula of some million literals. */
export const OPEN_BYTES_MAX: number = 16 * 2 ** 20;

/** What nobody proved in a day is opened again by whoever still wants it. */
export const OPEN_MS = 86_400_000;

/** Open obligations that one look sees. */
export const OPEN_COUNT_MAX = 4096;

/** Between two looks of an idle worker, and of one who waits for an answer. */
export const WORK_POLL_MS = 500;

/** What a worker could not prove it leaves alone for this long. */
export const UNSOLVED_MS = 600_000;
