import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import * as limits from "../limits.ts";
import { signedHeartbeatCodec, statementCertificateCodec } from "./certificate.ts";
import type { SignedHeartbeat, StatementCertificate } from "./certificate.ts";
import { codec } from "./codec.ts";
import { bytes, fixed, list, optionalFixed, text, uint32 } from "./kinds.ts";
import type { Codec } from "./codec.ts";

export interface MapProofStep {
  /** Index of the bit at which the inner node branches, from the most significant. */
  readonly bit: number;
  readonly sibling: Hash;
}

const mapProofStepCodec: Codec<MapProofStep> = codec<MapProofStep>("MapProofStep", {
  bit: uint32(limits.MAP_KEY_BITS - 1),
  sibling: fixed<Hash>(HASH_SIZE),
});

/**
 * The leaf that a blind descent for a key reaches, and its path from the leaf upwards. The leaf
 * bears the key: presence. It bears another key: absence. No leaf: the map is empty.
 */
export interface MapProof {
  readonly leafKey: Uint8Array | undefined;
  readonly leafRowHash: Hash | undefined;
  readonly steps: readonly MapProofStep[];
}

export const mapProofCodec: Codec<MapProof> = codec<MapProof>("MapProof", {
  leafKey: optionalFixed(limits.MAP_KEY_SIZE),
  leafRowHash: optionalFixed<Hash>(HASH_SIZE),
  steps: list(mapProofStepCodec, limits.MAP_KEY_BITS),
});

export const RECEIPT_FORMAT = 1;

/** Makes an answer believable anywhere, also offline and years later (R2). */
export interface Receipt {
  readonly format: number;
  readonly clusterId: Hash;
  readonly namespace: string;
  readonly key: Hash;
  readonly proof: MapProof;
  /** Encoded EntryRow; empty: the receipt proves an absence. */
  readonly row: Uint8Array;
  readonly certificate: StatementCertificate;
  /** Q with equal (sequence, root), ascending authors, or none: they raise the receipt's time. */
  readonly heartbeats: readonly SignedHeartbeat[];
  /** Configuration chain from genesis; none in epoch 0. */
  readonly links: readonly Uint8Array[];
}

export const receiptCodec: Codec<Receipt> = codec<Receipt>("Receipt", {
  format: uint32(1),
  clusterId: fixed<Hash>(HASH_SIZE),
  namespace: text(limits.NAMESPACE_BYTES_MAX),
  key: fixed<Hash>(HASH_SIZE),
  proof: mapProofCodec,
  row: bytes(limits.ROW_BYTES_MAX),
  certificate: statementCertificateCodec,
  heartbeats: list(signedHeartbeatCodec, limits.REPLICA_COUNT_MAX),
  links: list(bytes(limits.ROW_BYTES_MAX), 1024),
});
