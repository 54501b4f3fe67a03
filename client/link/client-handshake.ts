import { concatBytes, equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { memberKey } from "../../consensus/committee.ts";
import type { Committee } from "../../consensus/committee.ts";
import type { Crypto } from "../../consensus/crypto.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import * as wire from "../../consensus/wire/connection.ts";
import type { Lie } from "./health-notes.ts";

/**
 * The client's half of opening a connection: it says hello with a fresh nonce, and the replica
 * answers with its own hello and a signature over both, so the client knows whom it asks. Nothing
 * rests on this but blame: every answer proves itself.
 */
export class ClientHandshake {
  readonly #committee: Committee;
  readonly #crypto: Crypto;
  readonly #index: ReplicaIndex;
  readonly hello: Uint8Array;
  #theirs: Uint8Array | undefined;

  constructor(
    options: {
      readonly committee: Committee;
      readonly index: ReplicaIndex;
      readonly nonce: Uint8Array;
    },
    crypto: Crypto,
  ) {
    this.#committee = options.committee;
    this.#index = options.index;
    this.#crypto = crypto;
    this.hello = wire.helloCodec.encode({
      protocol: wire.PROTOCOL_VERSION,
      clusterId: options.committee.clusterId,
      role: wire.ROLE_CLIENT,
      index: 0,
      epoch: options.committee.epoch,
      nonce: options.nonce,
    });
  }

  takeHello(body: Uint8Array): Lie | undefined {
    const hello = wire.helloCodec.tryDecode(body);
    if (hello === undefined || hello.protocol !== wire.PROTOCOL_VERSION) return "garbage";
    if (this.#theirs !== undefined) return "garbage";
    if (!equalBytes(hello.clusterId, this.#committee.clusterId)) return "wrong-cluster";
    if (hello.role !== wire.ROLE_REPLICA || hello.index !== this.#index) return "wrong-replica";
    this.#theirs = new Uint8Array(body);
    return undefined;
  }

  /** Undefined: the replica is who it says. */
  takeProof(body: Uint8Array): Lie | undefined {
    const proof = wire.proofCodec.tryDecode(body);
    const key = memberKey(this.#committee, this.#index);
    if (proof === undefined || key === undefined || this.#theirs === undefined) return "garbage";
    const { clusterId, epoch } = this.#committee;
    const hellos = concatBytes(this.hello, this.#theirs);
    const message = signingBytes(DOMAIN.peerHello, clusterId, epoch, hellos);
    const proven = this.#crypto.verify(key, message, proof.signature);
    return proven ? undefined : "forged-proof-of-identity";
  }
}
