import { HASH_SIZE, PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type { Epoch, Hash, Hlc, PublicKey, Signature } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { codec } from "./codec.ts";
import {
  bytes,
  fixed,
  flag,
  hlc,
  list,
  optionalFixed,
  part,
  text,
  uint32,
  uint64,
} from "./kinds.ts";
import type { Codec } from "./codec.ts";

/** What a {@link Write} does. */
export const OPERATION_PUT = 1;
export const OPERATION_WITHDRAW = 2;
export const OPERATION_ADMINISTER = 3;

/** One operation of a write set. Its encoded bytes are a leaf under the set's one signature. */
export interface Write {
  readonly operation: number;
  readonly namespace: string;
  /** 32 bytes: `keyOfName(name)` when there is a name, else a content or obligation digest. */
  readonly key: Hash | undefined;
  readonly name: string;
  /** Class of the artifact, which fixes its semantic digest and whether it has versions. */
  readonly kind: string;
  readonly valueDigest: Hash | undefined;
  /** Bytes. */
  readonly size: number;
  readonly semanticDigest: Hash | undefined;
  /** 0: the entry has no end. */
  readonly ttlMs: number;
  /** Versioned classes: the version that this one follows, 0 for the first. */
  readonly succeeds: number;
  /** The value rides in the write set. */
  readonly inline: boolean;
  /** Encoded {@link Administration} for OPERATION_ADMINISTER, else empty. */
  readonly administration: Uint8Array;
}

export const writeCodec: Codec<Write> = codec<Write>("Write", {
  operation: uint32(3),
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  key: optionalFixed<Hash>(HASH_SIZE),
  name: text(limits.NAME_BYTES_MAX),
  kind: text(limits.KIND_BYTES_MAX),
  valueDigest: optionalFixed<Hash>(HASH_SIZE),
  size: uint64(limits.VALUE_BYTES_MAX),
  semanticDigest: optionalFixed<Hash>(HASH_SIZE),
  ttlMs: uint64(),
  succeeds: uint64(),
  inline: flag(),
  administration: bytes(limits.WRITE_BYTES_MAX),
});

export interface WriteSetHeader {
  readonly epoch: Epoch;
  readonly writer: PublicKey;
  /** 16 random bytes, drawn anew by each process of the writer. */
  readonly session: Uint8Array;
  /** From 1; each is executed at most once. */
  readonly counter: number;
  /** Refused for ever once agreed time is later. */
  readonly notAfter: Hlc;
  /** Merkle root (base/merkle.ts) over the encoded writes. */
  readonly writesRoot: Hash;
  readonly writeCount: number;
  /**
   * Below `counter`: the writer has its answers up to this one and will not ask for them again, so
   * the session forgets them. What a writer forgets too early only it can miss.
   */
  readonly settled: number;
}

export const SESSION_SIZE = 16;

export const writeSetHeaderCodec: Codec<WriteSetHeader> = codec<WriteSetHeader>("WriteSetHeader", {
  epoch: uint64(),
  writer: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  session: fixed(SESSION_SIZE),
  counter: uint64(),
  notAfter: hlc(),
  writesRoot: fixed<Hash>(HASH_SIZE),
  writeCount: uint32(limits.WRITE_SET_COUNT_MAX),
  settled: uint64(),
});

/**
 * As it travels. The signature covers `header`; `header.writesRoot` covers `writes`. Writes and values
 * decoded lie in the set's own bytes, which a checked write set keeps beside them.
 */
export interface WriteSet {
  readonly header: Uint8Array;
  readonly signature: Signature;
  readonly writes: readonly Uint8Array[];
  /** Of the inline puts, in their order; each is checked against its write's `valueDigest`. */
  readonly values: readonly Uint8Array[];
}

export const writeSetCodec: Codec<WriteSet> = codec<WriteSet>("WriteSet", {
  header: bytes(512),
  signature: fixed<Signature>(SIGNATURE_SIZE),
  writes: list(part(limits.WRITE_BYTES_MAX), limits.WRITE_SET_COUNT_MAX),
  values: list(part(limits.INLINE_BYTES_MAX), limits.WRITE_SET_COUNT_MAX),
});

export const ADMINISTRATION_ENROL = 1;
export const ADMINISTRATION_RETIRE = 2;
export const ADMINISTRATION_NAMESPACE = 3;
export const ADMINISTRATION_WITHDRAW = 4;
export const ADMINISTRATION_REVOKE = 5;
export const ADMINISTRATION_RESOLVE = 6;
export const ADMINISTRATION_CONTINUE = 7;
/** The one operation that any enrolled writer may order: its evidence proves itself. */
export const ADMINISTRATION_QUARANTINE = 8;
export const ADMINISTRATION_RECONFIGURE = 9;
/** By any writer, about its own key. */
export const ADMINISTRATION_ROTATE = 10;

/** An operator's ordered operation on policy or on a disputed entry. */
export interface Administration {
  readonly action: number;
  /** Enrol, retire, revoke, continue: the writer's key. */
  readonly subject: PublicKey | undefined;
  /** Enrol: to whom the writer belongs. */
  readonly operator: string;
  /** Enrol: where it may write, as grants (consensus/grant.ts). */
  readonly namespaces: readonly string[];
  /** Namespace: how many operators must agree before an entry is confirmed. */
  readonly confirmations: number;
  /** Withdraw outright, resolve: the entry's key. */
  readonly key: Hash | undefined;
  /** Namespace: the operators whose votes count; none: all. */
  readonly trusted: readonly string[];
  /** Namespace: bounds of its own, 0 for none. */
  readonly valueBytesMax: number;
  readonly ttlMsMax: number;
  readonly quotaBytes: number;
  /** Resolve: the answer that is served from then on. */
  readonly semanticDigest: Hash | undefined;
  /** Quarantine: an encoded Evidence. */
  readonly evidence: Uint8Array;
  /** Reconfigure: an encoded Reconfiguration. */
  readonly reconfiguration: Uint8Array;
  /** Rotate: an encoded Rotation. */
  readonly rotation: Uint8Array;
}

export const administrationCodec: Codec<Administration> = codec<Administration>("Administration", {
  action: uint32(10),
  subject: optionalFixed<PublicKey>(PUBLIC_KEY_SIZE),
  operator: text(limits.OPERATOR_BYTES_MAX),
  namespaces: list(text(limits.GRANT_BYTES_MAX), limits.GRANT_COUNT_MAX),
  confirmations: uint32(limits.REPLICA_COUNT_MAX),
  key: optionalFixed<Hash>(HASH_SIZE),
  trusted: list(text(limits.OPERATOR_BYTES_MAX), limits.GRANT_COUNT_MAX),
  valueBytesMax: uint64(),
  ttlMsMax: uint64(),
  quotaBytes: uint64(),
  semanticDigest: optionalFixed<Hash>(HASH_SIZE),
  evidence: bytes(limits.WRITE_BYTES_MAX),
  reconfiguration: bytes(limits.WRITE_BYTES_MAX),
  rotation: bytes(256),
});

/** An operation by what it says; everything else is empty. */
export type AdministrationParts = Partial<Administration> & Pick<Administration, "action">;

const NO_ADMINISTRATION: Administration = {
  action: 0,
  subject: undefined,
  operator: "",
  namespaces: [],
  confirmations: 0,
  key: undefined,
  trusted: [],
  valueBytesMax: 0,
  ttlMsMax: 0,
  quotaBytes: 0,
  semanticDigest: undefined,
  evidence: new Uint8Array(0),
  reconfiguration: new Uint8Array(0),
  rotation: new Uint8Array(0),
};

export function administrationOf(parts: AdministrationParts): Administration {
  return { ...NO_ADMINISTRATION, ...parts };
}
