import { equalBytes } from "../../base/bytes.ts";
import { WINDOW_LENGTH } from "../limits.ts";
import type { Hash, ReplicaIndex, Sequence } from "../../base/types.ts";
import { assembleStatementCertificate, assembleWeakCertificate } from "../certificates.ts";
import {
  SIGNED_STATEMENT,
  statementCertificateCodec,
  statementCodec,
} from "../wire/certificate.ts";
import type { Statement, StatementCertificate } from "../wire/certificate.ts";
import { EVIDENCE_CERTIFIED } from "../wire/evidence.ts";
import type { Context } from "./context.ts";
import type { Evidence } from "./evidence.ts";
import type { ExecutionFollower } from "./executing.ts";
import type { ReceivedSigned } from "./input.ts";
import type { Log } from "./log.ts";

type ReceivedStatement = ReceivedSigned<Statement>;

export interface Stated {
  readonly sequence: Sequence;
  readonly stateRoot: Hash;
}

/** A certificate, and the sequence that its statement names. */
export interface CertifiedAt {
  readonly sequence: Sequence;
  readonly certificate: StatementCertificate;
}

/** Above what we executed, statements this far ahead are kept by sequence; of farther ones the last. */
const AHEAD_MAX = 2 * WINDOW_LENGTH;

/**
 * Executed statements: one for every executed sequence, none skipped, in equal bytes at all correct
 * replicas. Q of them certify the sequence: they answer its clients and are its checkpoint proof.
 */
export class Statements implements ExecutionFollower {
  readonly #context: Context;
  readonly #log: Log;
  readonly #evidence: Evidence;
  readonly #received = new Map<Sequence, Map<ReplicaIndex, ReceivedStatement>>();
  readonly #farthest = new Map<ReplicaIndex, ReceivedStatement>();
  readonly #certificates = new Map<Sequence, StatementCertificate>();
  readonly #own = new Map<Sequence, Uint8Array>();
  /** The highest certificate seen, executed here or not. */
  newest: CertifiedAt | undefined;
  /** The highest statement of our own that is durable and sent. */
  stated: Stated | undefined;
  /** Our root differs from a certified one: the application must be replaced. */
  diverged: CertifiedAt | undefined;
  divergedCount = 0;

  constructor(context: Context, log: Log, evidence: Evidence) {
    this.#context = context;
    this.#log = log;
    this.#evidence = evidence;
    const { entry } = context;
    // Under the old epoch's signatures: the root that ours begins with, for who is not there yet.
    if (entry !== undefined) {
      this.newest = { sequence: entry.boundary, certificate: entry.certificate };
    }
  }

  certificateAt(sequence: Sequence): StatementCertificate | undefined {
    const { entry } = this.#context;
    if (sequence === entry?.boundary) return entry.certificate;
    if (this.newest?.sequence === sequence) return this.newest.certificate;
    return this.#certificates.get(sequence);
  }

  /**
   * L60: promises and signs the statement of what was just executed. L136: up to the boundary that
   * was the earlier epoch's to do: a second certificate of the same sequence must not come about.
   */
  executed(sequence: Sequence): void {
    if (sequence <= this.#context.boundary) {
      const certificate = this.certificateAt(sequence);
      if (certificate !== undefined) this.#reveal(sequence, certificate);
      return;
    }
    const { application, committee, safety } = this.#context;
    const { stateRoot, agreedTime } = application;
    const { epoch } = committee;
    const statement = statementCodec.encode({ epoch, sequence, stateRoot, agreedTime });
    this.#own.set(sequence, statement);
    if (this.#context.halted) return;
    const verdict = safety.permitStatement(sequence, statement);
    if (verdict === "first") this.#context.persist({ type: "statement", sequence, statement });
    if (verdict === "refused") this.#context.drop("statement refused by safety");
    else this.#context.sign(SIGNED_STATEMENT, statement);
    const certificate = this.certificateAt(sequence);
    if (certificate !== undefined) this.#reveal(sequence, certificate);
  }

  /** L61 */
  receive(received: ReceivedStatement): void {
    const { author, message } = received;
    const { sequence } = message;
    if (message.epoch !== this.#context.committee.epoch) return;
    if (sequence <= this.#log.kept) return;
    if (author === this.#context.index) this.#noteOwn(message);
    if (sequence > this.#context.executed + AHEAD_MAX) {
      this.#receiveFar(received);
      return;
    }
    let statements = this.#received.get(sequence);
    if (statements === undefined) {
      statements = new Map();
      this.#received.set(sequence, statements);
    }
    const held = statements.get(author);
    if (held !== undefined) {
      if (!equalBytes(held.signed.body, received.signed.body)) {
        this.#evidence.statements(held, received);
      }
      return;
    }
    statements.set(author, received);
    this.#maybeCertified(sequence, received, statements.values());
  }

  /** L62: a certificate made by somebody else. */
  adopt(certificate: StatementCertificate): void {
    const statement = statementCodec.decode(certificate.statement);
    const { sequence } = statement;
    if (statement.epoch !== this.#context.committee.epoch) return;
    const held = this.certificateAt(sequence);
    if (held !== undefined) {
      if (!equalBytes(held.statement, certificate.statement)) {
        const encode = statementCertificateCodec.encode.bind(statementCertificateCodec);
        const what = `two statement certificates of ${sequence}`;
        this.#context.halt(what, EVIDENCE_CERTIFIED, [encode(held), encode(certificate)]);
      }
      return;
    }
    this.#compare(certificate, statement);
    if (sequence > (this.newest?.sequence ?? 0)) this.newest = { sequence, certificate };
    if (sequence <= this.#log.kept || sequence > this.#context.executed + AHEAD_MAX) return;
    this.#certificates.set(sequence, certificate);
    if (sequence <= this.#context.executed) this.#reveal(sequence, certificate);
  }

  /** Who stated otherwise to us than in a certificate has signed both. */
  #compare({ statement: body, signatures }: StatementCertificate, message: Statement): void {
    const statements = this.#received.get(message.sequence);
    for (const { author, signature } of signatures) {
      const held = statements?.get(author);
      if (held === undefined || equalBytes(held.signed.body, body)) continue;
      const { epoch } = message;
      const signed = { author, type: SIGNED_STATEMENT, epoch, body, signature } as const;
      this.#evidence.statements(held, { author, message, signed });
    }
  }

  /** At start: signs again the statement of where the application stands, if it was promised. */
  restate(): void {
    const { application, committee, safety, executed: sequence } = this.#context;
    if (sequence <= this.#context.boundary || this.#own.has(sequence)) return;
    const { stateRoot, agreedTime } = application;
    const { epoch } = committee;
    const statement = statementCodec.encode({ epoch, sequence, stateRoot, agreedTime });
    if (!safety.isStated(sequence, statement)) return;
    this.#own.set(sequence, statement);
    this.#context.sign(SIGNED_STATEMENT, statement);
  }

  /** The application was replaced by the host: it stands at this certificate's root. */
  transferred(sequence: Sequence): void {
    this.diverged = undefined;
    for (const other of this.#own.keys()) if (other >= sequence) this.#own.delete(other);
  }

  /**
   * Signs again what nobody has certified yet, oldest first; and the last, which those who are far
   * behind can have from us when the older versions are gone.
   */
  signAgain(countMax: number): void {
    const certified = this.newest?.sequence ?? 0;
    const waiting = [...this.#own].filter(([sequence]) => sequence > certified);
    const chosen = [...waiting.slice(0, countMax - 1), ...waiting.slice(countMax - 1).slice(-1)];
    for (const [sequence, statement] of chosen) {
      if (this.#context.safety.permitStatement(sequence, statement) !== "again") continue;
      this.#context.sign(SIGNED_STATEMENT, statement);
    }
  }

  /**
   * A weak certificate (TOCS §6.2): the highest sequence above this one that f+1 members state
   * alike. Undefined: there is none.
   */
  weakAbove(above: Sequence): CertifiedAt | undefined {
    const { committee, weakQuorum } = this.#context;
    let highest: CertifiedAt | undefined;
    for (const statements of [...this.#received.values(), this.#farthest]) {
      for (const { message, signed } of statements.values()) {
        const { sequence } = message;
        if (sequence <= (highest?.sequence ?? above)) continue;
        const equal = equalTo(signed.body, statements.values());
        if (equal.length < weakQuorum) continue;
        highest = { sequence, certificate: assembleWeakCertificate(committee, equal) };
      }
    }
    return highest;
  }

  prune(kept: Sequence): void {
    for (const map of [this.#received, this.#certificates, this.#own]) {
      for (const sequence of map.keys()) if (sequence <= kept) map.delete(sequence);
    }
  }

  #noteOwn({ sequence, stateRoot }: Statement): void {
    if (sequence >= (this.stated?.sequence ?? 0)) this.stated = { sequence, stateRoot };
  }

  #receiveFar(received: ReceivedStatement): void {
    const held = this.#farthest.get(received.author);
    if (held?.message.sequence === received.message.sequence) {
      if (!equalBytes(held.signed.body, received.signed.body)) {
        this.#evidence.statements(held, received);
      }
    }
    if (held !== undefined && held.message.sequence >= received.message.sequence) return;
    this.#farthest.set(received.author, received);
    this.#maybeCertified(received.message.sequence, received, this.#farthest.values());
  }

  #maybeCertified(
    sequence: Sequence,
    received: ReceivedStatement,
    statements: Iterable<ReceivedStatement>,
  ): void {
    if (this.#isKnown(sequence, received.signed.body)) return;
    const equal = equalTo(received.signed.body, statements);
    if (equal.length < this.#context.quorum) return;
    this.adopt(assembleStatementCertificate(this.#context.committee, equal));
  }

  /** Certified in these very bytes; in others, a second certificate must come to light. */
  #isKnown(sequence: Sequence, body: Uint8Array): boolean {
    const held = this.certificateAt(sequence);
    return held !== undefined && equalBytes(held.statement, body);
  }

  /** L63: certified and executed here: it may be shown, unless we came to another root. */
  #reveal(sequence: Sequence, certificate: StatementCertificate): void {
    const own = this.#own.get(sequence);
    if (own !== undefined && !equalBytes(own, certificate.statement)) {
      this.divergedCount++;
      this.#context.drop("diverged");
      this.diverged = { sequence, certificate };
      return;
    }
    this.#context.emit({ type: "certified", sequence, certificate });
  }
}

function equalTo(body: Uint8Array, statements: Iterable<ReceivedStatement>): ReceivedStatement[] {
  return [...statements].filter(({ signed }) => equalBytes(signed.body, body));
}
