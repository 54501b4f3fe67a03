import { concatBytes, equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, Signature } from "../../base/types.ts";
import { memberKey } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import {
  helloCodec,
  PROTOCOL_VERSION,
  proofCodec,
  ROLE_CLIENT,
  ROLE_REPLICA,
} from "../../consensus/wire/connection.ts";
import type { Hello } from "../../consensus/wire/connection.ts";

/** Who we are on every connection. */
export interface Identity {
  readonly index: ReplicaIndex;
  readonly committee: Committee;
  readonly crypto: Crypto;
  readonly sign: (message: Uint8Array) => Signature;
  /** 32 fresh random bytes. */
  readonly nonce: () => Uint8Array;
}

/** Why a handshake failed; a metric's label. */
export type HandshakeRefusal =
  | "hello-malformed"
  | "hello-protocol"
  | "hello-cluster"
  | "hello-epoch"
  | "hello-role"
  | "hello-index"
  | "proof-malformed"
  | "proof-wrong";

export function encodeHello(identity: Identity): Uint8Array {
  return helloCodec.encode({
    protocol: PROTOCOL_VERSION,
    clusterId: identity.committee.clusterId,
    role: ROLE_REPLICA,
    index: identity.index,
    epoch: identity.committee.epoch,
    nonce: identity.nonce(),
  });
}

/** Checks everything of a hello that needs no signature. */
export function readHello(
  identity: Identity,
  bytes: Uint8Array,
  role: typeof ROLE_CLIENT | typeof ROLE_REPLICA,
): Hello | HandshakeRefusal {
  const hello = helloCodec.tryDecode(bytes);
  if (hello === undefined) return "hello-malformed";
  if (hello.protocol !== PROTOCOL_VERSION) return "hello-protocol";
  if (!equalBytes(hello.clusterId, identity.committee.clusterId)) return "hello-cluster";
  if (hello.role !== role) return "hello-role";
  // A client may be an epoch behind: it learns of the next from the certificates it is given.
  if (role === ROLE_CLIENT) return hello;
  if (hello.epoch !== identity.committee.epoch) return "hello-epoch";
  if (hello.index >= identity.committee.members.length) return "hello-index";
  // Nobody speaks to itself, so a hello sent back to its author proves nothing to it.
  if (hello.index === identity.index) return "hello-index";
  return hello;
}

/**
 * Over both hellos, the other side's first. Hellos bind cluster id, role, index, epoch and nonce,
 * so a proof fits one connection in one direction.
 */
function proofMessage(identity: Identity, first: Uint8Array, second: Uint8Array): Uint8Array {
  const { clusterId, epoch } = identity.committee;
  return signingBytes(DOMAIN.peerHello, clusterId, epoch, concatBytes(first, second));
}

export function encodeProof(identity: Identity, theirs: Uint8Array, ours: Uint8Array): Uint8Array {
  return proofCodec.encode({ signature: identity.sign(proofMessage(identity, theirs, ours)) });
}

export function checkProof(
  identity: Identity,
  peer: ReplicaIndex,
  hellos: { readonly theirs: Uint8Array; readonly ours: Uint8Array },
  bytes: Uint8Array,
): HandshakeRefusal | undefined {
  const proof = proofCodec.tryDecode(bytes);
  const key = memberKey(identity.committee, peer);
  if (proof === undefined || key === undefined) return "proof-malformed";
  const message = proofMessage(identity, hellos.ours, hellos.theirs);
  return identity.crypto.verify(key, message, proof.signature) ? undefined : "proof-wrong";
}
