import { HASH_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type {
  Epoch,
  Hash,
  Hlc,
  ReplicaIndex,
  Sequence,
  Signature,
  View,
} from "../../base/types.ts";
import * as limits from "../limits.ts";
import { codec } from "./codec.ts";
import { bytes, fixed, hlc, list, uint32, uint64 } from "./kinds.ts";
import type { Codec, Kind } from "./codec.ts";

export const VOTE_PRE_PREPARE = 1;
export const VOTE_PREPARE = 2;
export const VOTE_COMMIT = 3;
export const VOTE_ACKNOWLEDGEMENT = 4;
export type VoteType = 1 | 2 | 3 | 4;

const author: Kind<ReplicaIndex> = uint32<ReplicaIndex>(limits.REPLICA_COUNT_MAX - 1);
const voteType: Kind<VoteType> = uint32<VoteType>(4);

/**
 * One vote. A pre-prepare is the primary's own vote for its proposal. An acknowledgement has view
 * and sequence 0 and says: the write set with this digest, its bytes and its digests are on my
 * disk.
 */
export interface Vote {
  readonly type: VoteType;
  readonly epoch: Epoch;
  readonly view: View;
  readonly sequence: Sequence;
  /** Of the batch; of the write set's header for an acknowledgement. */
  readonly digest: Hash;
}

export const voteCodec: Codec<Vote> = codec<Vote>("Vote", {
  type: voteType,
  epoch: uint64<Epoch>(),
  view: uint64<View>(),
  sequence: uint64<Sequence>(),
  digest: fixed<Hash>(HASH_SIZE),
});

/** Many votes of one author under one signature over the Merkle root of their encodings. */
export interface VotePack {
  readonly author: ReplicaIndex;
  readonly epoch: Epoch;
  /** Encoded {@link Vote}s, at least one. */
  readonly votes: readonly Uint8Array[];
  readonly signature: Signature;
}

export const votePackCodec: Codec<VotePack> = codec<VotePack>("VotePack", {
  author,
  epoch: uint64<Epoch>(),
  votes: list(bytes(128), limits.VOTE_PACK_COUNT_MAX),
  signature: fixed<Signature>(SIGNATURE_SIZE),
});

/** One author's vote inside a certificate: the path leads from the vote to the signed root. */
export interface PackedVote {
  readonly author: ReplicaIndex;
  readonly type: VoteType;
  readonly leafIndex: number;
  readonly leafCount: number;
  readonly path: readonly Hash[];
  readonly signature: Signature;
}

export const packedVoteCodec: Codec<PackedVote> = codec<PackedVote>("PackedVote", {
  author,
  type: voteType,
  leafIndex: uint32(limits.VOTE_PACK_COUNT_MAX - 1),
  leafCount: uint32(limits.VOTE_PACK_COUNT_MAX),
  path: list(fixed<Hash>(HASH_SIZE), limits.VOTE_PATH_LENGTH_MAX),
  signature: fixed<Signature>(SIGNATURE_SIZE),
});

/**
 * Q votes of distinct authors for one content. Prepared: one pre-prepare and Q − 1 prepares.
 * Committed: Q commits. Available: Q acknowledgements.
 */
export interface Certificate {
  readonly epoch: Epoch;
  readonly view: View;
  readonly sequence: Sequence;
  readonly digest: Hash;
  /** Ascending authors. */
  readonly votes: readonly PackedVote[];
}

export const certificateCodec: Codec<Certificate> = codec<Certificate>("Certificate", {
  epoch: uint64<Epoch>(),
  view: uint64<View>(),
  sequence: uint64<Sequence>(),
  digest: fixed<Hash>(HASH_SIZE),
  votes: list(packedVoteCodec, limits.REPLICA_COUNT_MAX),
});

export interface ReplicaSignature {
  readonly author: ReplicaIndex;
  readonly signature: Signature;
}

const replicaSignatureCodec: Codec<ReplicaSignature> = codec<ReplicaSignature>("ReplicaSignature", {
  author,
  signature: fixed<Signature>(SIGNATURE_SIZE),
});

/** What every correct replica signs, in equal bytes, once for each executed sequence. */
export interface Statement {
  readonly epoch: Epoch;
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
}

export const statementCodec: Codec<Statement> = codec<Statement>("Statement", {
  epoch: uint64<Epoch>(),
  sequence: uint64<Sequence>(),
  stateRoot: fixed<Hash>(HASH_SIZE),
  agreedTime: hlc(),
});

export interface StatementCertificate {
  /** Encoded {@link Statement}: the bytes as signed. */
  readonly statement: Uint8Array;
  /** Exactly Q, ascending authors, so that no byte of a certificate is without meaning. */
  readonly signatures: readonly ReplicaSignature[];
}

export const statementCertificateCodec: Codec<StatementCertificate> = codec<StatementCertificate>(
  "StatementCertificate",
  { statement: bytes(128), signatures: list(replicaSignatureCodec, limits.REPLICA_COUNT_MAX) },
);

export interface Heartbeat {
  readonly epoch: Epoch;
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  /** The signer's own clock. */
  readonly asOf: Hlc;
  /** 32 bytes of a reader who asked, or empty. */
  readonly nonce: Uint8Array;
}

export const heartbeatCodec: Codec<Heartbeat> = codec<Heartbeat>("Heartbeat", {
  epoch: uint64<Epoch>(),
  sequence: uint64<Sequence>(),
  stateRoot: fixed<Hash>(HASH_SIZE),
  asOf: hlc(),
  nonce: bytes(32),
});

export interface SignedHeartbeat {
  readonly author: ReplicaIndex;
  /** Encoded {@link Heartbeat}: the bytes as signed. */
  readonly heartbeat: Uint8Array;
  readonly signature: Signature;
}

export const signedHeartbeatCodec: Codec<SignedHeartbeat> = codec<SignedHeartbeat>(
  "SignedHeartbeat",
  { author, heartbeat: bytes(256), signature: fixed<Signature>(SIGNATURE_SIZE) },
);

export const SIGNED_STATEMENT = 1;
export const SIGNED_HEARTBEAT = 2;
export const SIGNED_VIEW_CHANGE = 3;
export const SIGNED_NEW_VIEW = 4;
export const SIGNED_SUSPICION = 5;
export type SignedType = 1 | 2 | 3 | 4 | 5;

/** A message signed on its own; `body` is the encoding of what `type` says. */
export interface Signed {
  readonly author: ReplicaIndex;
  readonly type: SignedType;
  readonly epoch: Epoch;
  readonly body: Uint8Array;
  readonly signature: Signature;
}

export const signedCodec: Codec<Signed> = codec<Signed>("Signed", {
  author,
  type: uint32<SignedType>(5),
  epoch: uint64<Epoch>(),
  body: bytes(limits.FRAME_BYTES_MAX),
  signature: fixed<Signature>(SIGNATURE_SIZE),
});
