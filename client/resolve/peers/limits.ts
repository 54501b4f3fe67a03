import { THEORY_WORDS_BYTES_MAX } from "../../../proof/frame/theory-words.ts";

/** Bounds between gateways. Each number has its reason beside it. */

/** Gateways that one asks: a building's machines. */
export const PEERS_MAX = 64;

/** Asked for one key, one after another with a short pause in between. */
export const PEERS_ASKED_MAX = 8;
export const PEER_HEDGE_MS = 100;

/** A peer that has sent nothing for this long has stalled. */
export const PEER_MS_MAX = 10_000;

/** Questions that are answered at once; the next are told to ask somebody else. */
export const QUERIES_AT_ONCE_MAX = 32;

/** Questions that are carried on to other peers at once: each may move a large proof. */
export const FORWARDS_AT_ONCE_MAX = 4;

/** Connections at once, and how long one may say nothing. */
export const PEER_CONNECTIONS_MAX = 128;
export const PEER_IDLE_MS_MAX = 30_000;

/** A QUERY is 38 bytes and a theory; an announcement is 110. */
export const QUERY_BYTES_MAX: number = 64 + THEORY_WORDS_BYTES_MAX;
export const ANNOUNCEMENT_BYTES_MAX = 256;

/** An announcement holds for so long, and is repeated more often. */
export const ANNOUNCED_MS_MAX = 600_000;
export const ANNOUNCE_EVERY_MS = 120_000;

/** Clocks of two machines may differ by this. */
export const ANNOUNCED_SKEW_MS_MAX = 300_000;
