/** The named bounds of one running replica. Each number has its reason beside it. */

/** Until both proofs are exchanged; two round trips over a bad line take under a second. */
export const HANDSHAKE_MS_MAX = 5_000;

/** Handshakes in progress, so that strangers cannot make us sign without end. */
export const HANDSHAKE_COUNT_MAX = 256;
/** Of them from one address: half, so that one which begins and never ends them stops nobody. */
export const HANDSHAKE_COUNT_PER_ADDRESS_MAX = 128;

/** A peer is pinged this often while it says nothing. */
export const PEER_PING_MS = 1_000;

/** A peer that sent nothing, not even a pong, for this long is a half-open socket. */
export const PEER_SILENCE_MS_MAX = 4_000;

/** Clients sleep and roam; their sockets are asked less often. */
export const CLIENT_PING_MS = 10_000;
export const CLIENT_SILENCE_MS_MAX = 30_000;

/** Between attempts to reach a peer: doubling from the first to the second, with full jitter. */
export const RECONNECT_MS_MIN = 20;
export const RECONNECT_MS_MAX = 1_000;

/** Handed to the kernel and not yet taken; beyond it frames wait in our own queue. */
export const SOCKET_BUFFER_BYTES_MAX = 1024 * 1024;

/** Waiting for one peer: four of the largest frames. What is dropped can be fetched again. */
export const PEER_QUEUE_BYTES_MAX = 64 * 1024 * 1024;

/** Waiting for one client; a reader slower than this is cut. */
export const CLIENT_QUEUE_BYTES_MAX = 8 * 1024 * 1024;

/** Signatures that one peer may make us check: a second of it costs half a core. */
export const PEER_VERIFICATIONS_PER_SECOND = 5_000;
/** A view change of the largest committee with full windows, at once. */
export const PEER_VERIFICATIONS_BURST = 20_000;

/** The same for one client: a quarter of a core, or 128,000 writes a second in sets of 64. */
export const CLIENT_VERIFICATIONS_PER_SECOND = 2_000;
export const CLIENT_VERIFICATIONS_BURST = 4_000;

/** Requests of one client connection that wait for their answer. */
export const CLIENT_IN_FLIGHT_MAX = 512;

/** Frames a second from one client connection, of any kind, and their burst. */
export const CLIENT_FRAMES_PER_SECOND = 50_000;
export const CLIENT_FRAMES_BURST = 100_000;

/** One frame from a client: the largest write set and its framing. */
export const CLIENT_FRAME_BYTES_MAX = 512 * 1024;

/** Open connections: of one address (a build farm behind one gateway host), and in all. */
export const CONNECTION_COUNT_PER_ADDRESS_MAX = 1_024;
export const CONNECTION_COUNT_MAX = 4_096;

/** HTTP request line and headers: ours are under 1 KiB. */
export const HTTP_HEADER_BYTES_MAX = 8 * 1024;
/** Headers must be complete by then, or it is a slowloris. */
export const HTTP_HEADERS_MS_MAX = 10_000;
/** Two round trips and a signature; whoever takes longer holds a socket for nothing. */
export const TLS_HANDSHAKE_MS_MAX = 10_000;
/** A gigabyte at 4 MB/s. */
export const HTTP_REQUEST_MS_MAX = 300_000;
export const HTTP_KEEP_ALIVE_MS = 30_000;
/** A body that makes no progress for this long is cut. */
export const HTTP_BODY_STALL_MS_MAX = 30_000;

/** Write sets whose values are awaited, for one writer and in all. */
export const AWAITED_SETS_PER_WRITER_MAX = 128;
export const AWAITED_SETS_MAX = 2_048;
/** Their values' bytes, for one writer: two of the largest. */
export const AWAITED_BYTES_PER_WRITER_MAX = 2 * 1024 * 1024 * 1024;
/**
 * Bytes uploaded for one writer that no row names, awaited ones with them: twice what it may have
 * awaited, so that one full load may lie about (refused, run out, a lie) while the next one comes.
 */
export const UNSETTLED_BYTES_PER_WRITER_MAX = 4 * 1024 * 1024 * 1024;
/** Write sets that they belong to: about 2 MB of memory. */
export const UNSETTLED_SETS_PER_WRITER_MAX = 16_384;
/** As long as the store's grace for values that nothing names, and the wait for its next sweep. */
export const UNSETTLED_MS_MAX = 75 * 60 * 1000;
/** Uploads in progress at one time. */
export const UPLOAD_COUNT_MAX = 64;
/** Of them from one address: half, so that two are needed to hold all. */
export const UPLOAD_COUNT_PER_ADDRESS_MAX = 32;
/** Of them for one writer's write sets: the client library has 8 under way. */
export const UPLOAD_COUNT_PER_WRITER_MAX = 16;
/** The least that an upload must make, beyond its lead: a bad line of a phone does better. */
export const UPLOAD_BYTES_PER_SECOND_MIN = 64 * 1024;
export const UPLOAD_LEAD_MS = 10_000;
export const UPLOAD_CHECK_MS = 1_000;

/** Inputs stepped in one turn; beyond it the loop breathes, so that sockets are read and written. */
export const INPUTS_PER_TURN_MAX = 2_048;
/**
 * Frames of one peer that wait for a turn, and their bytes: four turns, and eight of the largest. A
 * bound for each, so that a liar's flood is dropped (and counted) and nobody else's frames are.
 */
export const PEER_INPUT_COUNT_MAX = 8_192;
export const PEER_INPUT_BYTES_MAX = 128 * 1024 * 1024;

/** Roots pinned for peers that transfer, and for how long without a question. */
export const PIN_COUNT_MAX = 4;
export const PIN_MS_MAX = 60_000;
/**
 * And however often it is asked about: rows that were overwritten since the oldest pinned root are
 * kept, so a peer that asks for ever would fill our memory. A larger state than comes in this time
 * goes on from what it has, with a newer root.
 */
export const PIN_WHOLE_MS_MAX = 600_000;

/** A transfer's question is asked of the next peer after this. */
export const TRANSFER_ANSWER_MS_MAX = 1_000;
/** Questions to peers in flight at one time during a transfer. */
export const TRANSFER_QUESTION_COUNT_MAX = 8;

/** Values fetched from peers at one time. */
export const VALUE_FETCH_COUNT_MAX = 4;
/** Digests known to be missing and waiting to be fetched; a scan finds the others later. */
export const VALUE_FETCH_QUEUE_MAX = 100_000;

/** Tick of the state machine (decision 13). */
export const TICK_MS = 10;

/** Questions a second that one transferring peer may ask us; each answer is at most a frame. */
export const PEER_QUESTIONS_PER_SECOND = 2_000;
export const PEER_QUESTIONS_BURST = 2_000;

/** Rows of policy in one answer, which is one frame: some sixty thousand writers. */
export const POLICY_ANSWER_BYTES_MAX = 8 * 1024 * 1024;

/** Threads that check proofs; no writer has more than one of them at a time. */
export const CHECKER_COUNT = 2;
/** For what a checker keeps outside its counted arrays: as in the client's own. */
export const CHECKER_HEAP_MEGABYTES = 256;
export const CHECKER_YOUNG_MEGABYTES = 32;
export const CHECKER_STACK_MEGABYTES = 4;
/** Proofs of one writer that wait for a checker: of all the sets that it may have awaited. */
export const CHECKS_WAITING_PER_WRITER_MAX = 32_768;
/** A formula beyond it is none that a checker's thread could hold. */
export const CHECKED_PAYLOAD_BYTES_MAX: number = 48 * 1024 * 1024;
/** A proof waits so long for what it cites after its writer's last that came or was accepted. */
export const CITED_WAIT_MS_MAX = 60_000;
/** Verdicts remembered, refusals and acceptances apart, some hundred bytes each: of all awaited sets. */
export const PROOFS_REMEMBERED_MAX = 32_768;
/** Statements that proofs cite, held in memory. */
export const CITABLE_BYTES_MAX: number = 96 * 1024 * 1024;

/** How far back reads of earlier times reach: as long as values that nothing names are kept. */
export const HISTORY_MINUTES_DEFAULT = 60;

/**
 * Rows that the window's executions changed, in all: some 1.5 KiB each with the nodes above them,
 * and no more than a loaded replica keeps between two checkpoints anyway.
 */
export const HISTORY_CHANGE_COUNT_MAX = 65_536;
