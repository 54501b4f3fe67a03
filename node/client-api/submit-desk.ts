import { EMPTY_BYTES, equalBytes } from "../../base/bytes.ts";
import type { Hash, Hlc, Sequence } from "../../base/types.ts";
import type { ExecutedWriteSet } from "../../consensus/application.ts";
import type { CheckedWriteSet } from "../../consensus/checked.ts";
import {
  REFUSAL_ALREADY_EXECUTED,
  REFUSAL_BELOW_WINDOW,
  REFUSAL_EXPIRED,
  REFUSAL_MALFORMED,
  REFUSAL_NOT_AFTER_TOO_FAR,
  REFUSAL_NOT_ENROLLED,
  REFUSAL_OVERLOADED,
} from "../../consensus/execution/outcomes.ts";
import type { State } from "../../consensus/execution/state.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import { sessionStateKey } from "../../consensus/map/state-keys.ts";
import type { RefusalReason } from "../../consensus/replica/output.ts";
import {
  SUBMIT_EXECUTED,
  SUBMIT_REFUSED,
  SUBMIT_WANTS_VALUES,
  submitAnswerCodec,
} from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { WriteSetHeader } from "../../consensus/wire/write-set.ts";
import type { CertifiedRoot, CertifiedRoots } from "../host/certified-roots.ts";
import type { Figures } from "../metrics/figures.ts";
import type { ClientConnection } from "./client-connection.ts";

export interface SubmitDeskDependencies {
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly state: State;
  readonly roots: CertifiedRoots;
  readonly figures: Figures;
}

/** Somebody waits for what becomes of a write set. */
interface Waiting {
  readonly digest: Hash;
  readonly header: WriteSetHeader;
  clients: readonly ClientConnection[];
  /** Executed at this sequence, waiting for its certificate; 0: not yet executed. */
  sequence: number;
  /** REFUSAL_* of execution, or 0. */
  code: number;
}

/** Write sets that wait for their answer here; each connection has its own bound beside. */
const WAITING_COUNT_MAX = 65_536;

const CODE_OF_REASON: Readonly<Record<RefusalReason, number>> = {
  unenrolled: REFUSAL_NOT_ENROLLED,
  executed: REFUSAL_ALREADY_EXECUTED,
  closed: REFUSAL_BELOW_WINDOW,
  "not-after": REFUSAL_NOT_AFTER_TOO_FAR,
  overloaded: REFUSAL_OVERLOADED,
};

/**
 * Who waits for which write set, from submission to the certificate.
 *
 * 1. Each request that was begun is finished once: executed with its proof, or refused with a code.
 * 2. "Executed" is said only under a certified root that this replica can prove the session row
 *    against.
 */
export class SubmitDesk {
  readonly #dependencies: SubmitDeskDependencies;
  readonly #waiting = new Map<string, Waiting>();
  /** Executed and not yet certified, by sequence. */
  readonly #executed = new Map<Sequence, Waiting[]>();

  constructor(dependencies: SubmitDeskDependencies) {
    this.#dependencies = dependencies;
  }

  get count(): number {
    return this.#waiting.size;
  }

  /**
   * A client asks what becomes of this set. "new": hand it to agreement; "known": somebody waits
   * for it already, or it is decided.
   */
  enter(client: ClientConnection, set: CheckedWriteSet): "new" | "known" | "refused" {
    if (!client.begin()) {
      client.cut("too-many-in-flight");
      return "refused";
    }
    const text = keyText(set.digest);
    const waiting = this.#waiting.get(text);
    if (waiting !== undefined) {
      // Who comes again and again over new connections leaves none of the old ones behind.
      waiting.clients = [...waiting.clients.filter((other) => other.open), client];
      return "known";
    }
    const entry = {
      digest: set.digest,
      header: set.header,
      clients: [client],
      sequence: 0,
      code: 0,
    };
    if (this.#waiting.size >= WAITING_COUNT_MAX) {
      this.#refuse(entry, REFUSAL_OVERLOADED);
      return "refused";
    }
    const standing = this.#dependencies.state.standingOf(set.header);
    if (standing === "executed") this.#enterExecuted(text, entry);
    else if (standing === "closed") this.#refuse(entry, this.#codeOfClosed(set.header));
    else this.#waiting.set(text, entry);
    return standing === "open" ? "new" : "known";
  }

  /** Its values must come first. Not the last word. */
  wants(client: ClientConnection, digest: Hash, wanted: readonly Hash[]): void {
    const answer = { ...blank(digest), status: SUBMIT_WANTS_VALUES, wanted };
    client.send(FRAME.submitAnswer, submitAnswerCodec.encode(answer));
  }

  /** Not entered: too much at once. The client sends it again later. */
  answerOverloaded(client: ClientConnection, digest: Hash): void {
    this.#dependencies.figures.submits.add(`refused-${REFUSAL_OVERLOADED}`);
    const answer = { ...blank(digest), code: REFUSAL_OVERLOADED };
    client.send(FRAME.submitAnswer, submitAnswerCodec.encode(answer));
  }

  refuse(digest: Hash, code: number): void {
    const text = keyText(digest);
    const waiting = this.#waiting.get(text);
    if (waiting === undefined || waiting.sequence !== 0) return;
    this.#waiting.delete(text);
    this.#refuse(waiting, code);
  }

  /** Somebody waits for it and it is not decided. */
  isOpen(digest: Hash): boolean {
    return this.#waiting.get(keyText(digest))?.sequence === 0;
  }

  /** Its values are not what it says of them. */
  onLying(digest: Hash): void {
    this.#dependencies.figures.drops.add("write-set-lies");
    this.refuse(digest, REFUSAL_MALFORMED);
  }

  /** A proof in it is not what replicas acknowledge. */
  onProofRefused(digest: Hash, code: number): void {
    this.#dependencies.figures.drops.add("proof-refused");
    this.refuse(digest, code);
  }

  /** Agreement does not wait for this set (any longer). */
  onRefused(digest: Hash, reason: RefusalReason): void {
    const text = keyText(digest);
    const waiting = this.#waiting.get(text);
    if (waiting === undefined || waiting.sequence !== 0) return;
    this.#waiting.delete(text);
    const { header } = waiting;
    // Executed in the meantime under another body or by another way: the session row says how.
    if (reason === "executed") this.#enterExecuted(text, waiting);
    else if (reason === "closed") this.#refuse(waiting, this.#codeOfClosed(header));
    else this.#refuse(waiting, CODE_OF_REASON[reason]);
  }

  onExecuted(sequence: Sequence, writeSets: readonly ExecutedWriteSet[]): void {
    if (this.#waiting.size === 0) return;
    for (const { writeSet, result, code } of writeSets) {
      const text = keyText(writeSet.digest);
      const waiting = this.#waiting.get(text);
      // Ordered twice, it is executed once: the second time says nothing about the first.
      if (waiting === undefined || waiting.sequence !== 0) continue;
      if (code === REFUSAL_ALREADY_EXECUTED) {
        this.#waiting.delete(text);
        this.#enterExecuted(text, waiting);
        continue;
      }
      waiting.code = result === undefined ? code : 0;
      this.#await(waiting, sequence);
    }
  }

  /** A root is certified: everything executed up to it can be answered. */
  onCertified(root: CertifiedRoot): void {
    for (const [sequence, list] of this.#executed) {
      if (sequence > root.statement.sequence) continue;
      this.#executed.delete(sequence);
      for (const waiting of list) {
        this.#waiting.delete(keyText(waiting.digest));
        this.#answer(waiting, root);
      }
    }
  }

  /** What can never be executed any more is refused. Called about every second. */
  sweep(agreedTime: Hlc): void {
    for (const [text, waiting] of this.#waiting) {
      if (waiting.sequence !== 0 || waiting.header.notAfter >= agreedTime) continue;
      this.#waiting.delete(text);
      this.#refuse(waiting, REFUSAL_EXPIRED);
    }
  }

  /** The state jumped by a transfer: what it holds of those who wait is looked up anew. */
  onTransferred(): void {
    for (const [text, waiting] of this.#waiting) {
      if (waiting.sequence !== 0) continue;
      const standing = this.#dependencies.state.standingOf(waiting.header);
      if (standing === "open") continue;
      this.#waiting.delete(text);
      if (standing === "executed") this.#enterExecuted(text, waiting);
      else this.#refuse(waiting, this.#codeOfClosed(waiting.header));
    }
  }

  #enterExecuted(text: string, waiting: Waiting): void {
    const { state, roots, hash } = this.#dependencies;
    const key = sessionStateKey(hash, waiting.header.writer, waiting.header.session);
    const row = state.rowAt(state.sequence, key);
    const executed = row === undefined ? undefined : sessionRowCodec.decode(row).executed;
    const counter = executed?.find((one) => one.counter === waiting.header.counter);
    if (counter === undefined || !equalBytes(counter.digest, waiting.digest)) {
      this.#refuse(waiting, REFUSAL_ALREADY_EXECUTED);
      return;
    }
    const root = roots.newest;
    if (root !== undefined && root.statement.sequence >= counter.sequence) {
      this.#answer(waiting, root);
      return;
    }
    this.#waiting.set(text, waiting);
    this.#await(waiting, counter.sequence);
  }

  #await(waiting: Waiting, sequence: Sequence): void {
    waiting.sequence = sequence;
    const list = this.#executed.get(sequence);
    if (list === undefined) this.#executed.set(sequence, [waiting]);
    else list.push(waiting);
  }

  #answer(waiting: Waiting, root: CertifiedRoot): void {
    if (waiting.code !== 0) {
      this.#refuse(waiting, waiting.code);
      return;
    }
    const { state, hash, figures } = this.#dependencies;
    const { sequence } = root.statement;
    const key = sessionStateKey(hash, waiting.header.writer, waiting.header.session);
    const sessionRow = state.rowAt(sequence, key);
    const proof = state.proofAt(sequence, key);
    if (sessionRow === undefined || proof === undefined) {
      // The root is out of reach (a session just ended, a transfer just began): ask again.
      this.#refuse(waiting, REFUSAL_OVERLOADED);
      return;
    }
    const answer = submitAnswerCodec.encode({
      ...blank(waiting.digest),
      status: SUBMIT_EXECUTED,
      sessionRow,
      proof,
      certificate: root.certificate,
    });
    figures.submits.add("executed", waiting.clients.length);
    for (const client of waiting.clients) client.finish(FRAME.submitAnswer, answer);
  }

  #refuse(waiting: Waiting, code: number): void {
    this.#dependencies.figures.submits.add(`refused-${code}`, waiting.clients.length);
    const answer = submitAnswerCodec.encode({
      ...blank(waiting.digest),
      status: SUBMIT_REFUSED,
      code,
    });
    for (const client of waiting.clients) client.finish(FRAME.submitAnswer, answer);
  }

  #codeOfClosed(header: WriteSetHeader): number {
    return header.notAfter < this.#dependencies.state.agreedTime
      ? REFUSAL_EXPIRED
      : REFUSAL_BELOW_WINDOW;
  }
}

function blank(digest: Hash): Parameters<typeof submitAnswerCodec.encode>[0] {
  return {
    digest,
    status: SUBMIT_REFUSED,
    code: 0,
    wanted: [],
    sessionRow: EMPTY_BYTES,
    proof: undefined,
    certificate: undefined,
  };
}
