import { PUBLIC_KEY_SIZE, SIGNATURE_SIZE } from "../../base/types.ts";
import type { Epoch, PublicKey, Sequence, Signature } from "../../base/types.ts";
import type { Member } from "../committee.ts";
import * as limits from "../limits.ts";
import { statementCertificateCodec } from "./certificate.ts";
import type { StatementCertificate } from "./certificate.ts";
import { codec } from "./codec.ts";
import { bytes, fixed, list, text, uint32, uint64 } from "./kinds.ts";
import type { Codec } from "./codec.ts";
import { mapProofCodec } from "./receipt.ts";
import type { MapProof } from "./receipt.ts";

/** host:port, with room for the longest DNS name. */
const ADDRESS_BYTES_MAX = 300;

const memberCodec: Codec<Member> = codec<Member>("Member", {
  publicKey: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  address: text(ADDRESS_BYTES_MAX),
});

/** A key's own word for a configuration: that it joins there, or hands its place on. */
export interface Consent {
  readonly publicKey: PublicKey;
  /** Over `membershipBytes` (consensus/epochs/consent.ts). */
  readonly signature: Signature;
}

const consentCodec: Codec<Consent> = codec<Consent>("Consent", {
  publicKey: fixed<PublicKey>(PUBLIC_KEY_SIZE),
  signature: fixed<Signature>(SIGNATURE_SIZE),
});

/** What an administrator orders: the whole of the next configuration. */
export interface Reconfiguration {
  /** The one that it would begin: a second order for the same epoch comes too late. */
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  readonly faultyMax: number;
  /**
   * Of every key that is no member yet, and perhaps of a member's that hands its place to one of
   * these; in ascending order of keys.
   */
  readonly consents: readonly Consent[];
}

export const reconfigurationCodec: Codec<Reconfiguration> = codec<Reconfiguration>(
  "Reconfiguration",
  {
    epoch: uint64<Epoch>(),
    members: list(memberCodec, limits.REPLICA_COUNT_MAX),
    faultyMax: uint32(limits.REPLICA_COUNT_MAX),
    consents: list(consentCodec, limits.REPLICA_COUNT_MAX),
  },
);

/** A configuration after genesis, in the replicated state for good. */
export interface ConfigurationRow {
  readonly epoch: Epoch;
  readonly members: readonly Member[];
  readonly faultyMax: number;
  /** The sequence that decided it. */
  readonly decided: Sequence;
  /** c: the last sequence of the epoch before; this one's first is the next. */
  readonly boundary: Sequence;
}

export const configurationRowCodec: Codec<ConfigurationRow> = codec<ConfigurationRow>(
  "ConfigurationRow",
  {
    epoch: uint64<Epoch>(),
    members: list(memberCodec, limits.REPLICA_COUNT_MAX),
    faultyMax: uint32(limits.REPLICA_COUNT_MAX),
    decided: uint64<Sequence>(),
    boundary: uint64<Sequence>(),
  },
);

/**
 * From one configuration to the next: Q statements of the old one over the boundary, and under
 * their root the row that names the new one.
 */
export interface Link {
  readonly certificate: StatementCertificate;
  /** Encoded {@link ConfigurationRow}. */
  readonly row: Uint8Array;
  readonly proof: MapProof;
}

export const linkCodec: Codec<Link> = codec<Link>("Link", {
  certificate: statementCertificateCodec,
  row: bytes(limits.ROW_BYTES_MAX),
  proof: mapProofCodec,
});

/** What who is behind is told: encoded {@link Link}s, from its own epoch on. */
export interface Chain {
  readonly links: readonly Uint8Array[];
}

export const chainCodec: Codec<Chain> = codec<Chain>("Chain", {
  links: list(bytes(limits.ROW_BYTES_MAX), limits.LINKS_AT_ONCE_MAX),
});
