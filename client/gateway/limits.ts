/** The gateway's named bounds. Each number has its reason beside it. */

export { VALUE_BYTES_MAX } from "../../consensus/limits.ts";

/** Request line and header fields together: ten times what any build tool sends. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** From a connection's first byte to the end of its headers; a half-open socket holds no longer. */
export const HEADER_MS_MAX = 5_000;

/** How often those are looked for: a few each time, so that no request waits behind many ends. */
export const HEADER_SWEEP_MS = 100;

/** A connection without any traffic for this long is closed, whichever side fell asleep. */
export const SOCKET_IDLE_MS_MAX = 60_000;

/** One compiler process, one connection: a large machine's `make -j` with room to spare. */
export const CONNECTION_COUNT_MAX = 1024;

/** When all places are taken: bodies and answers that have less of a pace than this give way … */
export const CROWDED_BYTES_PER_SECOND_MIN: number = 64 * 1024;

/** … over so long: what has begun to come is given as much time to show one. */
export const CROWDED_MS_MIN = 500;

/** More connections than this are a crowd, in which those that crawl are read in turns. */
export const CROWDED_CONNECTION_COUNT = 64;

/** One turn: what a tool may wait behind those whose turn it is. */
export const READ_TURN_MS = 10;

/** So many are read in one: each of a thousand that crawl is heard every 1.3 s, for 0.5 ms in all. */
export const READS_A_TURN = 8;

/** Whoever moves less than that pace over so long crawls. */
export const READ_LOOK_MS = 100;

/** A body slower than this (bytes in a second, over each sweep) is cut off. */
export const BODY_BYTES_PER_SECOND_MIN = 1024;

/** Over so long each body under way is judged. */
export const BODY_SWEEP_MS = 5_000;

/** How long a door waits for the cluster before it answers a miss; ccache gives up after 10 s. */
export const DOOR_DEADLINE_MS = 2_000;

/** How long a DELETE waits for its receipt: it is rare, and its caller wants to know. */
export const WITHDRAWAL_DEADLINE_MS = 8_000;

/** Look-ups that wait for the cluster at once; beyond them a miss is kinder than a queue. */
export const LOOKUP_COUNT_MAX = 512;

/** Bodies up to this size are judged in memory; larger ones go through a file. */
export const WHOLE_BODY_BYTES_MAX = 1024 * 1024;

/** Of an archive, before anybody else has a turn: at most 200 times as much when unpacked. */
export const JUDGED_BYTES_A_SLICE: number = 2 * 1024;

/** So long one archive is judged before others have a turn: what a tool waits for its answer. */
export const JUDGED_MS_A_TURN = 2;

/** Archives that are judged at once: each more puts another turn before every answer. */
export const JUDGED_COUNT_MAX = 1;

/** Archives that are unpacked and packed at once: two threads each. */
export const UNPACKED_COUNT_MAX = 2;

/** Bodies that a door rewrites or reads before it answers: action results and folders' listings. */
export const GIVEN_BODY_BYTES_MAX = 4 * 1024 * 1024;

/** Blobs of one batch over gRPC: what clients take for the bound when none is told. */
export const GRPC_BATCH_BYTES_MAX = 4 * 1024 * 1024;

/** One message over gRPC: a batch, and for each of its blobs a digest and a little around it. */
export const GRPC_MESSAGE_BYTES_MAX: number = GRPC_BATCH_BYTES_MAX + 256 * 1024;

/** One message of a blob on its way out: large enough that calls cost little, and bounded. */
export const GRPC_CHUNK_BYTES = 256 * 1024;

/** Calls at once on one gRPC connection: Bazel's `--jobs` on a large machine. */
export const GRPC_CALL_COUNT_MAX = 256;

/** A gRPC connection without any call for this long is asked to dial anew when it needs to. */
export const GRPC_IDLE_MS_MAX = 300_000;

/** What all gRPC connections may hold in messages that are not whole yet. */
export const GRPC_HELD_BYTES_MAX = 64 * 1024 * 1024;

/** How long one question for many blobs may last before the rest of them is missing. */
export const FIND_MS_MAX = 10_000;

/** One value at a door that speaks Redis or memcached: these hold it whole. */
export const TEXT_VALUE_BYTES_MAX = 16 * 1024 * 1024;

/** Bytes that all connections of such a door hold together. */
export const TEXT_MEMORY_BYTES_MAX = 64 * 1024 * 1024;

/** Connections of such a door: a large machine's `make -j`. */
export const TEXT_CONNECTION_COUNT_MAX = 256;

/** A line of such a protocol: a memcached key is 250 bytes at most, a Redis one 512 here. */
export const TEXT_LINE_BYTES_MAX = 2048;

/** Of each body on its way in this much is held in memory in any case: 16 MiB of all connections. */
export const OWN_BODY_BYTES_MAX: number = 16 * 1024;

/** What all hold beyond that, together; which one then has no room goes through a file. */
export const BODY_MEMORY_BYTES_MAX: number = 32 * 1024 * 1024;

/** Parsed paths kept, so that a hot key costs no hash. A large build has some 10^4. */
export const ROUTE_COUNT_MAX = 32 * 1024;

/** Values up to this size ride inside their write set (consensus/limits.ts INLINE_BYTES_MAX). */
export const INLINE_VALUE_BYTES_MAX = 60 * 1024;

/** Publications that wait, together: about 10^5 compilations while a cluster is away. */
export const JOURNAL_COUNT_MAX = 128 * 1024;

/** Bytes that waiting publications hold in memory and in segments: an hour of a busy build. */
export const JOURNAL_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes of the larger values that wait in files of their own. */
export const JOURNAL_VALUE_BYTES_MAX = 8 * 1024 * 1024 * 1024;

/** One segment of the journal; the oldest is removed once nothing in it waits any more. */
export const SEGMENT_BYTES_MAX = 16 * 1024 * 1024;

/** One record: a write set with its inline values, twice over for what is around it. */
export const JOURNAL_RECORD_BYTES_MAX = 512 * 1024;

/** Publications on their way at once: a session remembers 128 counters, others share it. */
export const PUBLICATION_COUNT_MAX = 32;

/** For one attempt to publish. */
export const PUBLICATION_DEADLINE_MS = 20_000;

/** First and longest wait before a publication is tried again. */
export const RETRY_MS_MIN = 200;
export const RETRY_MS_MAX = 10_000;

/** Between two attempts to connect while no cluster can be reached. */
export const RECONNECT_MS = 1_000;

/** A closing gateway waits this long for what is under way; the journal keeps the rest. */
export const CLOSE_MS_MAX = 3_000;

/**
 * How long an entry that left the journal uncertified may be served to this gateway's own tools: a
 * day, in which the other operators' nightly builds have voted or do not intend to.
 */
export const OWN_MS_MAX = 24 * 60 * 60 * 1000;

/** Between two questions to the cluster about one such entry, while tools ask for it. */
export const OWN_ASK_MS = 5_000;

/** Such entries whose last question is remembered. */
export const OWN_ASKED_COUNT_MAX = 16 * 1024;

/** Misses in a row for one audited key; what no tool then puts is served again. */
export const AUDIT_ASK_COUNT_MAX = 3;

/** Keys audited in a day: a tenth of six hundred thousand. */
export const AUDIT_COUNT_MAX = 64 * 1024;

/** A larger body is compared by digest alone: taking apart runs at a few megabytes a second. */
export const AUDIT_BYTES_MAX = 2 * 1024 * 1024;

/** The audit log, and as much again of the one before it. */
export const AUDIT_LOG_BYTES_MAX = 8 * 1024 * 1024;

/** The access log, and as much again of the one before it: some 300,000 requests. */
export const ACCESS_LOG_BYTES_MAX = 64 * 1024 * 1024;

/** Keys whose reads are not answered from before this gateway's withdrawal. */
export const WITHDRAWN_COUNT_MAX = 4_096;

/** Collectors of viewers that listen to one gateway. */
export const FEED_SUBSCRIBER_COUNT_MAX = 8;

/** What waits for one of them; a slower one misses blocks and is told how many events. */
export const FEED_SUBSCRIBER_BYTES_MAX: number = 4 * 1024 * 1024;

/** Requests wait so long for others of their block: pages draw no more often. */
export const FEED_FLUSH_MS = 200;

/** Requests of one block that are told singly, 1,000 a second: more than anybody looks at. */
export const FEED_REQUESTS_A_FLUSH_MAX = 200;
