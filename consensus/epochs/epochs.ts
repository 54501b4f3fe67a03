import type { Epoch, PublicKey, Sequence } from "../../base/types.ts";
import type { Committee } from "../committee.ts";
import type { Crypto } from "../crypto.ts";
import { provenStatement } from "../statement-certificate.ts";
import { statementCodec } from "../wire/certificate.ts";
import type { Statement, StatementCertificate } from "../wire/certificate.ts";
import { isWithinEpoch } from "./epoch-boundary.ts";
import { verifyLink } from "./link.ts";
import type { ProvenLink } from "./link.ts";

/**
 * The configurations of a cluster from genesis on, each proven by the one before. What is believed
 * of it never changes: the first valid link of an epoch stays, and a second chain finds its place
 * taken. (Two links of one epoch to different configurations would need more than f liars.)
 */
export class Epochs {
  readonly #crypto: Crypto;
  readonly #committees: Committee[];
  readonly #links: ProvenLink[] = [];

  constructor(crypto: Crypto, genesis: Committee) {
    this.#crypto = crypto;
    this.#committees = [genesis];
  }

  /** The newest that is known. */
  get newest(): Committee {
    return this.#committees.at(-1)!;
  }

  committeeOf(epoch: Epoch): Committee | undefined {
    return this.#committees[epoch];
  }

  /** The last sequence of an epoch that is over; undefined: it may go on for ever. */
  endOf(epoch: Epoch): Sequence | undefined {
    return this.#links[epoch]?.boundary;
  }

  /** The link that leads into an epoch; undefined for genesis. */
  linkInto(epoch: Epoch): ProvenLink | undefined {
    return this.#links[epoch - 1];
  }

  /**
   * The statement that Q members of its own epoch signed, at a sequence that belongs to that epoch;
   * undefined: the certificate proves nothing to who knows these configurations.
   */
  prove(certificate: StatementCertificate): Statement | undefined {
    const epoch = statementCodec.tryDecode(certificate.statement)?.epoch;
    const committee = epoch === undefined ? undefined : this.committeeOf(epoch);
    const statement = committee && provenStatement(this.#crypto, committee, certificate);
    return statement !== undefined && isWithinEpoch(statement, (of) => this.endOf(of))
      ? statement
      : undefined;
  }

  /** Of every configuration so far, the newest first, each once. */
  get addresses(): readonly string[] {
    const members = this.#committees.toReversed().flatMap((committee) => committee.members);
    return [...new Set(members.map(({ address }) => address))];
  }

  /** Whose key belongs to an address, by the newest configuration that names it. */
  keyAt(address: string): PublicKey | undefined {
    for (const { members } of this.#committees.toReversed()) {
      const member = members.find((each) => each.address === address);
      if (member !== undefined) return member.publicKey;
    }
    return undefined;
  }

  /** All that leads from this epoch to the newest, encoded. */
  linksFrom(epoch: Epoch): readonly Uint8Array[] {
    return this.#links.slice(epoch).map(({ bytes }) => bytes);
  }

  /** All that leads from genesis to a certificate's epoch: what a receipt carries with it. */
  linksUpTo(certificate: StatementCertificate): readonly Uint8Array[] {
    const { epoch } = statementCodec.decode(certificate.statement);
    return this.linksFrom(0 as Epoch).slice(0, epoch);
  }

  /**
   * Follows links in their order. Those into epochs that are known are passed over; the first one
   * that does not hold ends the way.
   *
   * @returns how many epochs were gained, and whether all that was new held
   */
  follow(
    links: readonly Uint8Array[],
    from: Epoch,
  ): { readonly gained: number; readonly sound: boolean } {
    let gained = 0;
    for (const bytes of links.slice(this.newest.epoch - from)) {
      const proven = verifyLink(this.#crypto, this.newest, bytes);
      if (proven === undefined) return { gained, sound: false };
      this.#committees.push(proven.committee);
      this.#links.push(proven);
      gained++;
    }
    return { gained, sound: true };
  }
}
