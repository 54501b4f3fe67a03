import { HASH_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type { Epoch, Hash, Sequence, Signature } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { signedHeartbeatCodec, statementCertificateCodec } from "./certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "./certificate.ts";
import { codec } from "./codec.ts";
import {
  bytes,
  fixed,
  flag,
  list,
  optional,
  optionalFixed,
  text,
  uint32,
  uint64,
} from "./kinds.ts";
import type { Codec } from "./codec.ts";
import { mapProofCodec } from "./receipt.ts";
import type { MapProof } from "./receipt.ts";

/** What passes between a client (library, gateway, CLI) and one replica. */

export const SUBMIT_EXECUTED = 1;
export const SUBMIT_REFUSED = 2;
export const SUBMIT_WANTS_VALUES = 3;

export interface Submit {
  /** Encoded WriteSet. */
  readonly writeSet: Uint8Array;
}

export const submitCodec: Codec<Submit> = codec<Submit>("Submit", {
  writeSet: bytes(limits.WRITE_SET_BYTES_MAX),
});

export interface SubmitAnswer {
  /** Of the write set's header: what the client matches answers by. */
  readonly digest: Hash;
  readonly status: number;
  /** Refused: a REFUSAL_* of consensus/execution/outcomes.ts. */
  readonly code: number;
  /** Values to upload by `PUT /blob/{digest}` before the set can be ordered. */
  readonly wanted: readonly Hash[];
  /** Executed: the encoded SessionRow that holds counter, sequence and outcomes … */
  readonly sessionRow: Uint8Array;
  /** … its proof … */
  readonly proof: MapProof | undefined;
  /** … and the certificate of the root that the proof leads to. */
  readonly certificate: StatementCertificate | undefined;
}

export const submitAnswerCodec: Codec<SubmitAnswer> = codec<SubmitAnswer>("SubmitAnswer", {
  digest: fixed<Hash>(HASH_SIZE),
  status: uint32(3),
  code: uint32(255),
  wanted: list(fixed<Hash>(HASH_SIZE), limits.WRITE_SET_COUNT_MAX),
  sessionRow: bytes(limits.ROW_BYTES_MAX),
  proof: optional(mapProofCodec),
  certificate: optional(statementCertificateCodec),
});

export const READ_ANSWERED = 1;
export const READ_BELOW_FLOOR = 2;
export const READ_NOT_SERVING = 3;

export interface Read {
  /** Chosen by the client; the answer repeats it. */
  readonly id: number;
  readonly namespace: string;
  readonly key: Hash;
  /** Answered only from a certified sequence at or above this one. */
  readonly floorSequence: Sequence;
  /** The certificate of this sequence is known already and need not be sent. */
  readonly knownSequence: Sequence;
  /** Also hand over the bytes when they are small (SMALL_VALUE_BYTES_MAX). */
  readonly wantValue: boolean;
}

export const readCodec: Codec<Read> = codec<Read>("Read", {
  id: uint32(),
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  key: fixed<Hash>(HASH_SIZE),
  floorSequence: uint64<Sequence>(),
  knownSequence: uint64<Sequence>(),
  wantValue: flag(),
});

export interface ReadAnswer {
  readonly id: number;
  readonly status: number;
  readonly sequence: Sequence;
  /** Encoded EntryRow; empty: absent. */
  readonly row: Uint8Array;
  readonly proof: MapProof | undefined;
  readonly certificate: StatementCertificate | undefined;
  readonly value: Uint8Array;
  readonly hasValue: boolean;
}

export const readAnswerCodec: Codec<ReadAnswer> = codec<ReadAnswer>("ReadAnswer", {
  id: uint32(),
  status: uint32(3),
  sequence: uint64<Sequence>(),
  row: bytes(limits.ROW_BYTES_MAX),
  proof: optional(mapProofCodec),
  certificate: optional(statementCertificateCodec),
  value: bytes(limits.SMALL_VALUE_BYTES_MAX),
  hasValue: flag(),
});

export interface List {
  readonly id: number;
  readonly namespace: string;
  readonly prefix: string;
  /** Names after this one, in byte order. */
  readonly after: string;
  readonly limit: number;
}

export const listCodec: Codec<List> = codec<List>("List", {
  id: uint32(),
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  prefix: text(limits.NAME_BYTES_MAX),
  after: text(limits.NAME_BYTES_MAX),
  limit: uint32(limits.PAGE_COUNT_MAX),
});

/** Each row is proven; that none was left out is not. */
export interface ListAnswer {
  readonly id: number;
  readonly sequence: Sequence;
  readonly rows: readonly Uint8Array[];
  readonly more: boolean;
  readonly proofs: readonly MapProof[];
  readonly certificate: StatementCertificate | undefined;
}

export const listAnswerCodec: Codec<ListAnswer> = codec<ListAnswer>("ListAnswer", {
  id: uint32(),
  sequence: uint64<Sequence>(),
  rows: list(bytes(limits.ROW_BYTES_MAX), limits.PAGE_COUNT_MAX),
  more: flag(),
  proofs: list(mapProofCodec, limits.PAGE_COUNT_MAX),
  certificate: optional(statementCertificateCodec),
});

/** Entries on which operators differ, of all namespaces; a ListAnswer comes back. */
export interface ListContested {
  readonly id: number;
  /** Map key of the last entry of the page before; undefined: from the first. */
  readonly after: Uint8Array | undefined;
  readonly limit: number;
}

export const listContestedCodec: Codec<ListContested> = codec<ListContested>("ListContested", {
  id: uint32(),
  after: optionalFixed(limits.MAP_KEY_SIZE),
  limit: uint32(limits.PAGE_COUNT_MAX),
});

export interface PolicyRequest {
  readonly id: number;
}

export const policyRequestCodec: Codec<PolicyRequest> = codec<PolicyRequest>("PolicyRequest", {
  id: uint32(),
});

/** Every writer and every namespace that was set, and the proof that there are no more. */
export interface PolicyAnswer {
  readonly id: number;
  readonly sequence: Sequence;
  /** Encoded WriterRow and NamespaceRow, in the order of their map keys. */
  readonly rows: readonly Uint8Array[];
  /** Of the first row's key; undefined: nothing is certified here yet. */
  readonly proof: MapProof | undefined;
  readonly certificate: StatementCertificate | undefined;
}

export const policyAnswerCodec: Codec<PolicyAnswer> = codec<PolicyAnswer>("PolicyAnswer", {
  id: uint32(),
  sequence: uint64<Sequence>(),
  rows: list(bytes(limits.ROW_BYTES_MAX), 2 * limits.POLICY_ROW_COUNT_MAX),
  proof: optional(mapProofCodec),
  certificate: optional(statementCertificateCodec),
});

export interface Subscribe {
  readonly on: boolean;
}

export const subscribeCodec: Codec<Subscribe> = codec<Subscribe>("Subscribe", { on: flag() });

/** The newest certified root, pushed to each subscriber; heartbeats keep an idle one fresh. */
export interface Root {
  readonly certificate: StatementCertificate | undefined;
  readonly heartbeats: readonly SignedHeartbeat[];
}

export const rootCodec: Codec<Root> = codec<Root>("Root", {
  certificate: optional(statementCertificateCodec),
  heartbeats: list(signedHeartbeatCodec, limits.REPLICA_COUNT_MAX),
});

export interface Probe {
  readonly id: number;
  readonly nonce: Uint8Array;
}

export const probeCodec: Codec<Probe> = codec<Probe>("Probe", { id: uint32(), nonce: fixed(32) });

export interface ProbeAnswer {
  readonly id: number;
  /** Undefined: this replica signs nothing now. */
  readonly heartbeat: SignedHeartbeat | undefined;
}

export const probeAnswerCodec: Codec<ProbeAnswer> = codec<ProbeAnswer>("ProbeAnswer", {
  id: uint32(),
  heartbeat: optional(signedHeartbeatCodec),
});

export interface RevocationTail {
  readonly id: number;
  /** First index wanted. */
  readonly from: number;
  readonly limit: number;
}

export const revocationTailCodec: Codec<RevocationTail> = codec<RevocationTail>("RevocationTail", {
  id: uint32(),
  from: uint64(),
  limit: uint32(limits.PAGE_COUNT_MAX),
});

export interface RevocationTailAnswer {
  readonly id: number;
  readonly sequence: Sequence;
  /** Encoded RevocationHead row, empty when nothing was ever revoked; `proof` says which. */
  readonly head: Uint8Array;
  readonly proof: MapProof | undefined;
  readonly records: readonly Uint8Array[];
  readonly certificate: StatementCertificate | undefined;
}

export const revocationTailAnswerCodec: Codec<RevocationTailAnswer> = codec<RevocationTailAnswer>(
  "RevocationTailAnswer",
  {
    id: uint32(),
    sequence: uint64<Sequence>(),
    head: bytes(limits.ROW_BYTES_MAX),
    proof: optional(mapProofCodec),
    records: list(bytes(limits.ROW_BYTES_MAX), limits.PAGE_COUNT_MAX),
    certificate: optional(statementCertificateCodec),
  },
);

export interface StatusRequest {
  readonly id: number;
}

export const statusRequestCodec: Codec<StatusRequest> = codec<StatusRequest>("StatusRequest", {
  id: uint32(),
});

export interface StatusAnswer {
  readonly id: number;
  /** A `ReplicaStatus` of node/status.ts. Unsigned: for people, never for decisions. */
  readonly json: string;
}

export const statusAnswerCodec: Codec<StatusAnswer> = codec<StatusAnswer>("StatusAnswer", {
  id: uint32(),
  json: text(64 * 1024),
});

export const PROTOCOL_VERSION = 1;
export const ROLE_REPLICA = 1;
export const ROLE_CLIENT = 2;

/** First frame in both directions. Replicas sign each other's; a client checks the replica's. */
export interface Hello {
  readonly protocol: number;
  readonly clusterId: Hash;
  readonly role: number;
  /** Of a replica. */
  readonly index: number;
  readonly epoch: Epoch;
  readonly nonce: Uint8Array;
}

export const helloCodec: Codec<Hello> = codec<Hello>("Hello", {
  protocol: uint32(),
  clusterId: fixed<Hash>(HASH_SIZE),
  role: uint32(2),
  index: uint32(limits.REPLICA_COUNT_MAX - 1),
  epoch: uint64<Epoch>(),
  nonce: fixed(32),
});

export interface Proof {
  /** Over both hellos, the other side's first. */
  readonly signature: Signature;
}

export const proofCodec: Codec<Proof> = codec<Proof>("Proof", {
  signature: fixed<Signature>(SIGNATURE_SIZE),
});
