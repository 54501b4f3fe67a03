import { HASH_SIZE } from "../../base/types.ts";
import type { Hash, Hlc } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { statementCertificateCodec } from "./certificate.ts";
import type { StatementCertificate } from "./certificate.ts";
import { codec } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { bytes, fixed, flag, hlc, optional, text, uint32 } from "./kinds.ts";
import { mapProofCodec } from "./receipt.ts";
import type { MapProof } from "./receipt.ts";

/** What passes between a client and a replica about an earlier time. */

export const PAST_ANSWERED = 1;
/** The time is before what this replica keeps readable. */
export const PAST_OUTSIDE = 2;
/** It can say nothing now, or not about this time. */
export const PAST_NOT_SERVING = 3;

export interface ReadPast {
  readonly id: number;
  readonly at: Hlc;
  /** Empty: the meta row, which tells of the state itself. */
  readonly namespace: string;
  readonly key: Hash;
  readonly wantValue: boolean;
}

export const readPastCodec: Codec<ReadPast> = codec<ReadPast>("ReadPast", {
  id: uint32(),
  at: hlc(),
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  key: fixed<Hash>(HASH_SIZE),
  wantValue: flag(),
});

/**
 * The state at a time T is that of the last statement with an agreed time up to T. That it is the
 * last one is proven by the statement of the next sequence, whose time is later.
 */
export interface ReadPastAnswer {
  readonly id: number;
  readonly status: number;
  /** The earliest time of which this replica can tell, as far as it says so. */
  readonly oldest: Hlc;
  /** Empty: absent, which the proof shows. */
  readonly row: Uint8Array;
  readonly proof: MapProof | undefined;
  /** Of the statement whose root the proof leads to. */
  readonly certificate: StatementCertificate | undefined;
  /** Of the sequence after it; none: it is the newest that this replica knows of. */
  readonly next: StatementCertificate | undefined;
  readonly value: Uint8Array;
  readonly hasValue: boolean;
}

export const readPastAnswerCodec: Codec<ReadPastAnswer> = codec<ReadPastAnswer>("ReadPastAnswer", {
  id: uint32(),
  status: uint32(3),
  oldest: hlc(),
  row: bytes(limits.ROW_BYTES_MAX),
  proof: optional(mapProofCodec),
  certificate: optional(statementCertificateCodec),
  next: optional(statementCertificateCodec),
  value: bytes(limits.SMALL_VALUE_BYTES_MAX),
  hasValue: flag(),
});
