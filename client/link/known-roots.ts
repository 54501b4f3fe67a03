import { equalBytes } from "../../base/bytes.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { ROOTS_KNOWN_MAX } from "../limits.ts";
import { byteText } from "./byte-text.ts";

/** A state root under Q signatures that were checked here. */
export interface ProvenRoot {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
  readonly agreedTime: Hlc;
  /** Whose signatures were checked: the one to put into receipts. */
  readonly certificate: StatementCertificate;
}

/**
 * Certificates that were checked, by the statement that they prove (never by signatures: a signer
 * can make two). One certificate serves many answers; the memory forgets the oldest first.
 */
export class KnownRoots {
  readonly #epochs: Epochs;
  readonly #byStatement = new Map<string, ProvenRoot>();
  readonly #bySequence = new Map<Sequence, ProvenRoot>();
  /** Certificates whose signatures were computed, for tests of the memory. */
  verifiedCount = 0;
  contradictionCount = 0;

  constructor(epochs: Epochs) {
    this.#epochs = epochs;
  }

  at(sequence: Sequence): ProvenRoot | undefined {
    return this.#bySequence.get(sequence);
  }

  /** Undefined: the certificate proves nothing. */
  prove(certificate: StatementCertificate): ProvenRoot | undefined {
    const name = byteText(certificate.statement);
    const known = this.#byStatement.get(name);
    if (known !== undefined) return known;
    this.verifiedCount++;
    const statement = this.#epochs.prove(certificate);
    if (statement === undefined) return undefined;
    const { sequence, stateRoot, agreedTime } = statement;
    const other = this.#bySequence.get(sequence);
    if (other !== undefined && !equalBytes(other.stateRoot, stateRoot)) {
      // Two certificates that contradict each other: more than f replicas lie. The first is kept.
      this.contradictionCount++;
      return undefined;
    }
    const proven = { sequence, stateRoot, agreedTime, certificate };
    this.#remember(name, proven);
    return proven;
  }

  #remember(name: string, proven: ProvenRoot): void {
    this.#byStatement.set(name, proven);
    this.#bySequence.set(proven.sequence, proven);
    if (this.#byStatement.size <= ROOTS_KNOWN_MAX) return;
    for (const [oldest, { sequence }] of this.#byStatement) {
      this.#byStatement.delete(oldest);
      this.#bySequence.delete(sequence);
      return;
    }
  }
}
