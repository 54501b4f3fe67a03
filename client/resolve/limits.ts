/** The pipeline's named bounds. Each number has its reason beside it. */

/** One proof with all that it cites: ten times the largest refutation that a minute's solving made. */
export const RECORD_BYTES_MAX: number = 256 * 2 ** 20;

/** Statements that one proof cites; of set.mm's the largest cites some 400. */
export const CITED_COUNT_MAX = 4096;

/** Up to this size of statement and proof a check is shorter than starting a thread for it. */
export const INLINE_CHECK_BYTES_MAX: number = 32 * 1024;

/** Formulas up to this size are tried on the caller's thread first. */
export const INLINE_SOLVE_BYTES_MAX: number = 16 * 1024;

/** Visits of literals there: about a millisecond. */
export const INLINE_FUEL_MAX = 100_000;

/** Visits of literals in tier 1's thread: about two seconds. What needs more is for tier 2. */
export const TIER_1_FUEL_MAX = 200_000_000;

/** Proofs of one obligation that are looked at from one source; liars could name any number. */
export const CANDIDATES_MAX = 8;

/** A lookup that takes longer is joined by the next one in the order. */
export const LOOKUP_HEDGE_MS = 150;

/** A lookup that takes longer has failed: proving again is cheaper than waiting for ever. */
export const LOOKUP_MS_MAX = 10_000;

/** Proofs that rest on proofs: set.mm's longest chain has 483. */
export const DEPENDENCY_DEPTH_MAX = 1024;

/** Dependencies whose proofs were found and checked, remembered by key. */
export const PROVED_COUNT_MAX = 65_536;

/** Obligations that are resolved at once; a caller beyond it is told to wait. */
export const IN_FLIGHT_MAX = 4096;

/**
 * Steps that checking takes; a proof below it re-proves in milliseconds, and is not worth a place in
 * everybody's state. Counted and not timed, so that each machine decides alike.
 */
export const PUBLISH_STEPS_MIN = 2_000;

/** Proofs on this disk, together; the least recently used go first. */
export const LOCAL_BYTES_MAX: number = 4 * 2 ** 30;

/** Between two looks at how much lies there. */
export const LOCAL_SWEEP_MS = 600_000;

/** A prover's own time, unless it is told otherwise: a CI job's patience. */
export const PROVER_MS_MAX = 600_000;

/** A prover's address space. */
export const PROVER_MEMORY_BYTES_MAX: number = 4 * 2 ** 30;

/** What a prover may write into one file. */
export const PROVER_OUTPUT_BYTES_MAX: number = 2 ** 30;

/** What a prover may say on its standard output: a model of ten million variables. */
export const PROVER_SPEECH_BYTES_MAX: number = 128 * 2 ** 20;

/** Lemmas that elaborating a prover's proof may hold at once. */
export const ELABORATION_BYTES_MAX: number = 512 * 2 ** 20;
