/** Bounds of the journal's format. A reader refuses what is beyond, whoever wrote it. */

/** A block's body. Blocks stand alone, so this bounds what a reader must hold, and what one torn write loses. */
export const BLOCK_BYTES_MAX: number = 1024 * 1024;
/** A writer closes a block here, so that its table of strings stays warm and its columns small. */
export const BLOCK_EVENT_COUNT_MAX = 8192;
/** Names, kinds and texts of one block. */
export const BLOCK_STRING_COUNT_MAX = 16_384;
/** Authors that one block names, as event's author or as parent. */
export const BLOCK_AUTHOR_COUNT_MAX = 1024;
/** Different combinations of kind and detail names in one block. */
export const BLOCK_SHAPE_COUNT_MAX = 1024;
/** One text: a violation's description is the longest. */
export const TEXT_BYTES_MAX = 2048;
/** At most one parent of each other author; the largest cluster with its clients stays below. */
export const PARENT_COUNT_MAX = 64;
export const DETAIL_COUNT_MAX = 16;
/** Members of a cluster that a header may name. */
export const MEMBER_COUNT_MAX = 256;
/** The HLC's counter has 16 bits. */
export const TIME_COUNTER_MAX = 0xffff;
/** The HLC's milliseconds have 48 bits. */
export const TIME_MILLISECONDS_MAX: number = 2 ** 48 - 1;
/** A header with the longest names stays below. */
export const HEADER_BYTES_MAX: number = 64 * 1024;
/** Sequences and incarnations have 48 bits: a thousand events a second for nine thousand years. */
export const AUTHOR_NUMBER_MAX: number = 2 ** 48 - 1;
/** Gaps that a reader lists; it counts the rest. */
export const GAP_COUNT_MAX = 1000;
/** Findings and gaps that a verifier lists; it counts the rest. */
export const CAUSALITY_FINDING_COUNT_MAX = 1000;
/** Parents that a verifier waits for: journals that are read side by side lag by less. */
export const PENDING_CAUSE_COUNT_MAX = 1_000_000;
/** Steps in search of cycles, over a verifier's life: a few whole searches of a long recording. */
export const CYCLE_SEARCH_STEP_COUNT_MAX = 10_000_000;
/** Authors that a verifier tells apart: each restart of each replica is one. A hostile journal has more. */
export const TABLE_AUTHOR_COUNT_MAX = 16_384;
