import type { Sequence } from "../../base/types.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type {
  SignedHeartbeat,
  Statement,
  StatementCertificate,
} from "../../consensus/wire/certificate.ts";

import { PastRoots } from "./past-roots.ts";

export interface CertifiedRoot {
  readonly statement: Statement;
  readonly certificate: StatementCertificate;
}

/**
 * The newest root that may be shown: certified by Q statements and still readable here. Clients
 * are answered under it and under no other.
 */
export class CertifiedRoots {
  readonly #retains: (sequence: Sequence) => boolean;
  /** Certified before it was executed here: shown as soon as it is. */
  readonly #ahead = new Map<Sequence, CertifiedRoot>();
  #newest: CertifiedRoot | undefined;
  #heartbeats: readonly SignedHeartbeat[] = [];

  constructor(retains: (sequence: Sequence) => boolean, past: PastRoots = new PastRoots(retains)) {
    this.#retains = retains;
    this.past = past;
  }

  /** What was certified earlier and is still readable. */
  readonly past: PastRoots;

  /** Undefined: nothing can be shown now. */
  get newest(): CertifiedRoot | undefined {
    if (this.#newest === undefined) return undefined;
    return this.#retains(this.#newest.statement.sequence) ? this.#newest : undefined;
  }

  /** Also when the state has moved away from it. */
  get sequence(): Sequence {
    return this.#newest?.statement.sequence ?? (0 as Sequence);
  }

  /** Q heartbeats of the newest root, or none. */
  get heartbeats(): readonly SignedHeartbeat[] {
    return this.#heartbeats;
  }

  /** True: it is the newest now. */
  certified(certificate: StatementCertificate): boolean {
    const statement = statementCodec.decode(certificate.statement);
    const root = { statement, certificate };
    if (this.#retains(statement.sequence)) this.past.add(root);
    if (statement.sequence <= this.sequence && this.#newest !== undefined) return false;
    if (!this.#retains(statement.sequence)) {
      this.#keepAhead(root);
      return false;
    }
    this.#show(root);
    return true;
  }

  /** The state has executed this sequence. True: it was certified already and is the newest now. */
  executed(sequence: Sequence): boolean {
    const root = this.#ahead.get(sequence);
    if (root === undefined) return false;
    this.past.add(root);
    this.#show(root);
    return true;
  }

  fresh(heartbeats: readonly SignedHeartbeat[]): void {
    this.#heartbeats = heartbeats;
  }

  #show(root: CertifiedRoot): void {
    this.#newest = root;
    this.#heartbeats = [];
    for (const sequence of this.#ahead.keys()) {
      if (sequence <= root.statement.sequence) this.#ahead.delete(sequence);
    }
  }

  /** Two windows are all that a replica can lag behind before it transfers. */
  #keepAhead(root: CertifiedRoot): void {
    this.#ahead.set(root.statement.sequence, root);
    if (this.#ahead.size > 512) this.#ahead.delete(this.#ahead.keys().next().value as Sequence);
  }
}
