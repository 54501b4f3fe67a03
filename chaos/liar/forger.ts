import { hlcAddMs } from "../../base/hlc.ts";
import type { Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import { quorumOf } from "../../consensus/committee.ts";
import { leafHash, rowHash } from "../../consensus/map/node-hash.ts";
import { DOMAIN, signingBytes } from "../../consensus/signing.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import type { MapProof } from "../../consensus/wire/receipt.ts";
import type { Identity } from "../../node/transport/handshake.ts";

/** A receipt that is right in everything but whose signatures it bears. */
export interface ForgedPath {
  readonly proof: MapProof;
  readonly certificate: StatementCertificate;
}

/** Whose names stand under a forged certificate: each of a quorum, or as often the liar's own. */
export type ForgedNames = "of-others" | "own";

/** Makes certificates with the one key that a liar has. */
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
    const truth = statementCodec.decode(base.statement);
    const statement = statementCodec.encode({
      ...truth,
      stateRoot: change.stateRoot,
      sequence: (truth.sequence + change.ahead) as Sequence,
      agreedTime: hlcAddMs(truth.agreedTime, 1),
    });
    const domain = DOMAIN.statement;
    const signature = sign(signingBytes(domain, committee.clusterId, committee.epoch, statement));
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
