import { HASH_SIZE, PUBLIC_KEY_SIZE } from "../../base/types.ts";
import type { Hash, Hlc, PublicKey, ReplicaIndex, Sequence } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { codec } from "./codec.ts";
import {
  fixed,
  flag,
  hlc,
  list,
  optionalFixed,
  optionalHlc,
  text,
  uint32,
  uint64,
} from "./kinds.ts";
import type { Codec } from "./codec.ts";
import { SESSION_SIZE } from "./write-set.ts";

/** The rows of the replicated state: what the state root covers, byte for byte. */

export const ENTRY_PENDING = 1;
export const ENTRY_CONFIRMED = 2;
export const ENTRY_DISPUTED = 3;
export const ENTRY_WITHDRAWN = 4;

export const GRADE_ASSERTED = 1;
export const GRADE_ATTESTED = 2;
export const GRADE_RE_EXECUTED = 3;
export const GRADE_CHECKED = 4;
export const GRADE_DISPUTED = 5;

export const SOURCE_LOCAL = 1;
export const SOURCE_NETWORK = 2;
export const SOURCE_DERIVED = 3;

/** One operator's word on a key. */
export interface EntryVote {
  readonly operator: string;
  readonly writer: PublicKey;
  readonly semanticDigest: Hash;
  readonly valueDigest: Hash;
  readonly size: number;
  /** The version that the vote succeeds; 0 for an immutable class. */
  readonly version: number;
  readonly time: Hlc;
  readonly sequence: Sequence;
  /** Part of the answer: a pending key may be claimed under different kinds. */
  readonly kind: string;
}

const entryVoteCodec: Codec<EntryVote> = codec<EntryVote>("EntryVote", {
  operator: text(limits.OPERATOR_BYTES_MAX),
  writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  semanticDigest: fixed<Hash>(HASH_SIZE),
  valueDigest: fixed<Hash>(HASH_SIZE),
  size: uint64(limits.VALUE_BYTES_MAX),
  version: uint64(),
  time: hlc(),
  sequence: uint64<Sequence>(),
  kind: text(limits.KIND_BYTES_MAX),
});

export interface EntryRow {
  readonly namespace: string;
  readonly key: Hash;
  readonly name: string;
  readonly kind: string;
  /** ENTRY_*; only a confirmed entry is ever served. */
  readonly state: number;
  /** GRADE_*. */
  readonly grade: number;
  /** 0 to 100: the policy number of the grade, not a probability. */
  readonly confidencePercent: number;
  readonly valueDigest: Hash;
  readonly size: number;
  readonly semanticDigest: Hash;
  /** Whose bytes are served. */
  readonly writer: PublicKey;
  readonly operator: string;
  readonly source: number;
  /** Clusters that it came through, nearest first. */
  readonly path: readonly string[];
  /** Agreed time of the confirmation. */
  readonly time: Hlc;
  readonly expiry: Hlc | undefined;
  readonly ttlMs: number;
  readonly version: number;
  /** Of the execution that last changed this row. */
  readonly sequence: Sequence;
  /** Ascending operators; at most one each for the answer served and one for another. */
  readonly votes: readonly EntryVote[];
  /** The value came inside its write set; the replicas hold it in their value log. */
  readonly inline: boolean;
}

export const entryRowCodec: Codec<EntryRow> = codec<EntryRow>("EntryRow", {
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  key: fixed<Hash>(HASH_SIZE),
  name: text(limits.NAME_BYTES_MAX),
  kind: text(limits.KIND_BYTES_MAX),
  state: uint32(4),
  grade: uint32(5),
  confidencePercent: uint32(100),
  valueDigest: fixed<Hash>(HASH_SIZE),
  size: uint64(limits.VALUE_BYTES_MAX),
  semanticDigest: fixed<Hash>(HASH_SIZE),
  writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  operator: text(limits.OPERATOR_BYTES_MAX),
  source: uint32(3),
  path: list(text(limits.OPERATOR_BYTES_MAX), 16),
  time: hlc(),
  expiry: optionalHlc(),
  ttlMs: uint64(),
  version: uint64(),
  sequence: uint64<Sequence>(),
  votes: list(entryVoteCodec, limits.REPLICA_COUNT_MAX),
  inline: flag(),
});

export interface WriterRow {
  readonly writer: PublicKey;
  readonly operator: string;
  /** Where it may write, as grants (consensus/grant.ts). */
  readonly namespaces: readonly string[];
  /** May order policy, membership and resume. */
  readonly administrator: boolean;
  /** The key whose place it took; undefined: it was enrolled. */
  readonly predecessor: PublicKey | undefined;
  /** Agreed time of that, ms; 0: never. */
  readonly rotatedMs: number;
}

/** Of a key that took nobody's place. */
export const NEVER_ROTATED: Pick<WriterRow, "predecessor" | "rotatedMs"> = {
  predecessor: undefined,
  rotatedMs: 0,
};

export const writerRowCodec: Codec<WriterRow> = codec<WriterRow>("WriterRow", {
  writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  operator: text(limits.OPERATOR_BYTES_MAX),
  namespaces: list(text(limits.GRANT_BYTES_MAX), limits.GRANT_COUNT_MAX),
  administrator: flag(),
  predecessor: optionalFixed<PublicKey>(PUBLIC_KEY_SIZE),
  rotatedMs: uint64(),
});

export interface NamespaceRow {
  readonly namespace: string;
  /** k: how many operators must agree. */
  readonly confirmations: number;
  /** The operators whose votes count; none: all. */
  readonly trusted: readonly string[];
  /** Of one value; 0: no bound of its own. */
  readonly valueBytesMax: number;
  /** A longer time to live is cut to it; 0: none. */
  readonly ttlMsMax: number;
  /** Of all values together: beyond it the entries changed longest ago leave; 0: none. */
  readonly quotaBytes: number;
  /** How often an ordered operation has set it; 0 as genesis has it. */
  readonly version: number;
}

export const namespaceRowCodec: Codec<NamespaceRow> = codec<NamespaceRow>("NamespaceRow", {
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  confirmations: uint32(limits.REPLICA_COUNT_MAX),
  trusted: list(text(limits.OPERATOR_BYTES_MAX), limits.GRANT_COUNT_MAX),
  valueBytesMax: uint64(),
  ttlMsMax: uint64(),
  quotaBytes: uint64(),
  version: uint64(),
});

/** What holds where no operator has set anything: one operator confirms, whoever it is. */
export const DEFAULT_NAMESPACE: NamespaceRow = {
  namespace: "",
  confirmations: 1,
  trusted: [],
  valueBytesMax: 0,
  ttlMsMax: 0,
  quotaBytes: 0,
  version: 0,
};

/** A revoked writer whose votes are being withdrawn. */
export interface RevokedWriterRow {
  readonly writer: PublicKey;
  /** Map key of the last entry looked at. */
  readonly reached: Uint8Array | undefined;
}

export const revokedWriterRowCodec: Codec<RevokedWriterRow> = codec<RevokedWriterRow>(
  "RevokedWriterRow",
  { writer: fixed<PublicKey>(PUBLIC_KEY_SIZE), reached: optionalFixed(limits.MAP_KEY_SIZE) },
);

/** A replica that is proven to have lied: nothing that it signs is listened to. */
export interface QuarantineRow {
  readonly replica: ReplicaIndex;
  /** For people. */
  readonly what: string;
  readonly time: Hlc;
  readonly sequence: Sequence;
}

/** What a verdict says of a place, with room. */
const WHAT_BYTES_MAX = 256;

export const quarantineRowCodec: Codec<QuarantineRow> = codec<QuarantineRow>("QuarantineRow", {
  replica: uint32<ReplicaIndex>(limits.REPLICA_COUNT_MAX - 1),
  what: text(WHAT_BYTES_MAX),
  time: hlc(),
  sequence: uint64<Sequence>(),
});

/** What became of one write of a set, when it was not plainly accepted. */
export interface WriteOutcome {
  readonly index: number;
  /** An OUTCOME_* of consensus/execution/outcomes.ts. */
  readonly code: number;
}

const writeOutcomeCodec: Codec<WriteOutcome> = codec<WriteOutcome>("WriteOutcome", {
  index: uint32(limits.WRITE_SET_COUNT_MAX),
  code: uint32(255),
});

export interface SessionCounter {
  readonly counter: number;
  readonly sequence: Sequence;
  /** Of the write set's header. */
  readonly digest: Hash;
  readonly outcomes: readonly WriteOutcome[];
}

const sessionCounterCodec: Codec<SessionCounter> = codec<SessionCounter>("SessionCounter", {
  counter: uint64(),
  sequence: uint64<Sequence>(),
  digest: fixed<Hash>(HASH_SIZE),
  outcomes: list(writeOutcomeCodec, limits.WRITE_SET_COUNT_MAX),
});

export interface SessionRow {
  readonly writer: PublicKey;
  readonly session: Uint8Array;
  /** Counters up to this one are refused for ever. */
  readonly low: number;
  /** Ascending counters above `low`. */
  readonly executed: readonly SessionCounter[];
  /** The latest end of its write sets: the row may leave once agreed time is later. */
  readonly notAfter: Hlc;
}

export const sessionRowCodec: Codec<SessionRow> = codec<SessionRow>("SessionRow", {
  writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  session: fixed(SESSION_SIZE),
  low: uint64(),
  executed: list(sessionCounterCodec, limits.SESSION_WINDOW),
  notAfter: hlc(),
});

export interface WriterSessionsRow {
  readonly writer: PublicKey;
  readonly sessions: readonly Uint8Array[];
}

export const writerSessionsRowCodec: Codec<WriterSessionsRow> = codec<WriterSessionsRow>(
  "WriterSessionsRow",
  {
    writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
    sessions: list(fixed(SESSION_SIZE), limits.SESSIONS_PER_WRITER_MAX),
  },
);

export interface RevocationHead {
  readonly count: number;
  /** head(0) is 32 zero bytes; head(i+1) = H(tag ‖ head(i) ‖ encoded record i). */
  readonly head: Hash;
}

export const revocationHeadCodec: Codec<RevocationHead> = codec<RevocationHead>("RevocationHead", {
  count: uint64(),
  head: fixed<Hash>(HASH_SIZE),
});

export const REVOKED_WITHDRAWAL = 1;
export const REVOKED_DISPUTE = 2;
export const REVOKED_SUCCESSION = 3;
export const REVOKED_EARLY_END = 4;
export const REVOKED_POLICY = 5;

export interface RevocationRecord {
  readonly index: number;
  readonly reason: number;
  readonly namespace: string;
  readonly key: Hash;
  /** Of what was served until now. */
  readonly valueDigest: Hash | undefined;
  readonly time: Hlc;
}

export const revocationRecordCodec: Codec<RevocationRecord> = codec<RevocationRecord>(
  "RevocationRecord",
  {
    index: uint64(),
    reason: uint32(5),
    namespace: text(limits.NAMESPACE_BYTES_MAX),
    key: fixed<Hash>(HASH_SIZE),
    valueDigest: optionalFixed<Hash>(HASH_SIZE),
    time: hlc(),
  },
);

/** The root after an earlier execution, under the present root (R5). */
export interface HistoryRow {
  readonly sequence: Sequence;
  readonly time: Hlc;
  readonly stateRoot: Hash;
}

export const historyRowCodec: Codec<HistoryRow> = codec<HistoryRow>("HistoryRow", {
  sequence: uint64<Sequence>(),
  time: hlc(),
  stateRoot: fixed<Hash>(HASH_SIZE),
});

export interface MetaRow {
  /** Of the last execution. */
  readonly sequence: Sequence;
  readonly agreedTime: Hlc;
  readonly entryCount: number;
  /** The oldest history row still held. */
  readonly historyLow: Sequence;
}

export const metaRowCodec: Codec<MetaRow> = codec<MetaRow>("MetaRow", {
  sequence: uint64<Sequence>(),
  agreedTime: hlc(),
  entryCount: uint64(),
  historyLow: uint64<Sequence>(),
});
