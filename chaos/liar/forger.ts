import { hlcAddMs } from "../../base/hlc.ts";
import type { Epoch, Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import { leafHash, rowHash } from "../../consensus/map/node-hash.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import type { Sign } from "../../consensus/verifier.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import type { Identity } from "../../node/transport/handshake.ts";

/** A receipt that is right in everything but whose signatures it bears. */
export interface ForgedPath {
  readonly proof: MapProof;
  readonly certificate: StatementCertificate;
}

/**
 * Whose names stand under a forged certificate: each of a quorum, as often the liar's own, or those
 * of an epoch that is over, truly signed.
 */
export type ForgedNames = "of-others" | "own" | RetiredKeys;

/** A quorum of an epoch that is over, ascending. */
export interface RetiredKeys {
  readonly epoch: Epoch;
  readonly signers: readonly { readonly author: ReplicaIndex; readonly sign: Sign }[];
}

/** Makes certificates with the one key that a liar has, and with those that it has found. */
export class Forger {
  readonly #identity: Identity;
  readonly #names: () => ForgedNames;

  constructor(identity: Identity, names: () => ForgedNames) {
    this.#identity = identity;
    this.#names = names;
  }

  /** A map of one row, and a certificate of its root a little younger than `base`. */
  path(key: Uint8Array, row: Uint8Array, base: StatementCertificate): ForgedPath {
    const { hash } = this.#identity.crypto;
    const leafRowHash = rowHash(hash, row);
    const stateRoot = leafHash(hash, key, leafRowHash);
    const proof = { leafKey: key, leafRowHash, steps: [] };
    return { proof, certificate: this.certificate(base, { stateRoot, ahead: 1 }) };
  }

  certificate(
    base: StatementCertificate,
    change: { readonly stateRoot: Hash; readonly ahead: number },
  ): StatementCertificate {
    const { committee, sign } = this.#identity;
    const names = this.#names();
    const { epoch } = typeof names === "string" ? committee : names;
    const truth = statementCodec.decode(base.statement);
    const statement = statementCodec.encode({
      ...truth,
      epoch,
      stateRoot: change.stateRoot,
      sequence: (truth.sequence + change.ahead) as Sequence,
      agreedTime: hlcAddMs(truth.agreedTime, 1),
    });
    const message = signingBytes(DOMAIN.statement, committee.clusterId, epoch, statement);
    if (typeof names === "object") {
      const signatures = names.signers.map((one) => ({
        author: one.author,
        signature: one.sign(message),
      }));
      return { statement, signatures };
    }
    const signature = sign(message);
    const signatures = this.#authors().map((author) => ({ author, signature }));
    return { statement, signatures };
  }

  #authors(): readonly ReplicaIndex[] {
    const { committee, index } = this.#identity;
    const quorum = quorumOf(committee);
    if (this.#names() === "own") return Array.from({ length: quorum }, () => index);
    const others = committee.members.map((_, author) => author as ReplicaIndex);
    return [index, ...others.filter((author) => author !== index)]
      .slice(0, quorum)
      .sort((left, right) => left - right);
  }
}

export function flipped<T extends Uint8Array>(bytes: T, at = 0): T {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed as T;
}
