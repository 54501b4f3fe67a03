import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import { codec } from "./codec.ts";
import type { Codec } from "./codec.ts";
import { bytes, fixed, uint32 } from "./kinds.ts";

export const EVIDENCE_FORMAT = 1;

/** Two votes of one author. */
export const EVIDENCE_VOTES = 1;
/** Two statements of one author. */
export const EVIDENCE_STATEMENTS = 2;
/** Two certificates, of which correct replicas could have made one only. */
export const EVIDENCE_PREPARED = 3;
export const EVIDENCE_COMMITTED = 4;
export const EVIDENCE_CERTIFIED = 5;
export type EvidenceKind = 1 | 2 | 3 | 4 | 5;

/** A certificate of the largest committee with the longest paths: 64 × (10 × 34 + 80) bytes. */
const PART_BYTES_MAX = 32 * 1024;
/** Both parts and what is around them. */
export const EVIDENCE_BYTES_MAX = 2 * PART_BYTES_MAX + 64;

/** Two signed things that contradict each other, in a form that anybody can check offline. */
export interface Evidence {
  readonly format: number;
  readonly clusterId: Hash;
  readonly kind: EvidenceKind;
  /** Encoded Certificate, Signed or StatementCertificate; before the second in byte order. */
  readonly first: Uint8Array;
  readonly second: Uint8Array;
}

export const evidenceCodec: Codec<Evidence> = codec<Evidence>("Evidence", {
  format: uint32(EVIDENCE_FORMAT),
  clusterId: fixed<Hash>(HASH_SIZE),
  kind: uint32<EvidenceKind>(EVIDENCE_CERTIFIED),
  first: bytes(PART_BYTES_MAX),
  second: bytes(PART_BYTES_MAX),
});
