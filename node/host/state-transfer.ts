import { equalBytes } from "../../base/bytes.ts";
import type { ReplicaIndex, Sequence } from "../../base/types.ts";
import type { State } from "../../consensus/execution/state.ts";
import type { MapTransfer, TransferRequest } from "../../consensus/map/map-transfer.ts";
import {
  fetchNodesCodec,
  fetchRowsCodec,
  nodesCodec,
  rowsCodec,
} from "../../consensus/wire/agreement.ts";
import { statementCodec } from "../../consensus/wire/certificate.ts";
import type { StatementCertificate } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { TRANSFER_ANSWER_MS_MAX, TRANSFER_QUESTION_COUNT_MAX } from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";

export interface StateTransferDependencies {
  readonly state: State;
  readonly drops: Tally;
  readonly send: (to: ReplicaIndex, kind: FrameKind, body: Uint8Array) => void;
  readonly connectedPeers: () => readonly ReplicaIndex[];
  readonly monotonicMs: () => number;
  readonly onDone: (certificate: StatementCertificate) => void;
  readonly onFailed: (sequence: Sequence) => void;
}

interface Question {
  readonly to: ReplicaIndex;
  readonly request: TransferRequest;
  readonly deadlineMs: number;
}

interface Running {
  readonly transfer: MapTransfer;
  certificate: StatementCertificate;
  /** The state machine was told that this target failed: it moves on until it names another. */
  failed: boolean;
  /** Peers that no longer hold the target, sent something useless, or were silent. */
  readonly useless: Set<ReplicaIndex>;
}

/**
 * Brings the state to a certified root by asking peers in turn for what differs. Nothing is
 * believed that does not hash to what was asked (`MapTransfer`); a peer that is silent, has let go
 * of the root or sends something else is not asked again for this target; when none is left the
 * state machine is told and names a newer target, towards which the work done so far counts.
 */
export class StateTransfer {
  readonly #dependencies: StateTransferDependencies;
  readonly #questions: Question[] = [];
  #running: Running | undefined;
  #nextPeer = 0;

  constructor(dependencies: StateTransferDependencies) {
    this.#dependencies = dependencies;
  }

  get isRunning(): boolean {
    return this.#running?.failed === false;
  }

  begin(certificate: StatementCertificate): void {
    const statement = statementCodec.decode(certificate.statement);
    const target = { sequence: statement.sequence, root: statement.stateRoot };
    this.#closeIfMoved();
    if (this.#running === undefined) {
      const transfer = this.#dependencies.state.beginTransfer(statement);
      this.#running = { transfer, certificate, failed: false, useless: new Set() };
    } else {
      this.#abandonAll();
      this.#running.transfer.retarget(target);
      this.#running.certificate = certificate;
      this.#running.failed = false;
      this.#running.useless.clear();
    }
    this.#proceed();
  }

  /** A `nodes` or `rows` frame. */
  onFrame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    const running = this.#running;
    const type = kind === FRAME.nodes ? "nodes" : "rows";
    const at = this.#questions.findIndex((one) => one.to === from && one.request.type === type);
    if (running === undefined || at < 0) {
      this.#dependencies.drops.add("transfer-answer-unasked");
      return;
    }
    const [question] = this.#questions.splice(at, 1);
    if (question === undefined) return;
    if (!this.#accept(running, question, type, body)) running.useless.add(from);
    running.transfer.abandon(question.request);
    this.#proceed();
  }

  onPeerLost(index: ReplicaIndex): void {
    if (this.#running === undefined) return;
    this.#giveUp((question) => question.to === index);
    this.#proceed();
  }

  onPeerUp(index: ReplicaIndex): void {
    this.#running?.useless.delete(index);
    this.#proceed();
  }

  /** What is under way is given up, and what was gathered let go: the state stays where it is. */
  close(): void {
    this.#abandonAll();
    this.#running?.transfer.close();
    this.#running = undefined;
  }

  tick(nowMs: number): void {
    if (this.#running === undefined) return;
    for (const question of this.#giveUp((one) => nowMs > one.deadlineMs)) {
      this.#dependencies.drops.add("transfer-answer-late");
      this.#running.useless.add(question.to);
    }
    this.#proceed();
  }

  /** False: the peer is of no use for this target. */
  #accept(running: Running, question: Question, type: "nodes" | "rows", body: Uint8Array): boolean {
    const { drops } = this.#dependencies;
    const answer = type === "nodes" ? nodesCodec.tryDecode(body) : rowsCodec.tryDecode(body);
    if (answer === undefined) {
      drops.add("transfer-answer-malformed");
      return false;
    }
    if (answer.gone) return false;
    const wanted =
      "nodes" in answer
        ? running.transfer.acceptNodes(answer)
        : running.transfer.acceptRows(answer);
    if (wanted > 0) return true;
    drops.add(`transfer-answer-useless-${question.request.type}`);
    return false;
  }

  #proceed(): void {
    const running = this.#running;
    if (running === undefined || running.failed) return;
    while (this.#questions.length < TRANSFER_QUESTION_COUNT_MAX && !running.transfer.done) {
      const peer = this.#pickPeer(running);
      if (peer === undefined) break;
      const request = running.transfer.next();
      if (request === undefined) break;
      this.#ask(peer, request);
    }
    if (running.transfer.done) this.#finish(running);
    else if (this.#questions.length === 0) this.#failIfAlone(running);
  }

  #pickPeer(running: Running): ReplicaIndex | undefined {
    const peers = this.#dependencies
      .connectedPeers()
      .filter((index) => !running.useless.has(index));
    return peers.length === 0 ? undefined : peers[this.#nextPeer++ % peers.length];
  }

  #ask(to: ReplicaIndex, request: TransferRequest): void {
    const { send, monotonicMs } = this.#dependencies;
    this.#questions.push({ to, request, deadlineMs: monotonicMs() + TRANSFER_ANSWER_MS_MAX });
    if (request.type === "nodes") send(to, FRAME.fetchNodes, fetchNodesCodec.encode(request.fetch));
    else send(to, FRAME.fetchRows, fetchRowsCodec.encode(request.fetch));
  }

  #finish(running: Running): void {
    this.#running = undefined;
    this.#questions.length = 0;
    this.#dependencies.state.finishTransfer(running.transfer);
    this.#dependencies.onDone(running.certificate);
  }

  /** Every connected peer was of no use: only a newer target helps. */
  #failIfAlone(running: Running): void {
    const peers = this.#dependencies.connectedPeers();
    if (peers.length === 0 || peers.some((index) => !running.useless.has(index))) return;
    running.failed = true;
    this.#dependencies.onFailed(running.transfer.target.sequence);
  }

  /** After a failure the state may have gone on by executing: what was begun starts from the past. */
  #closeIfMoved(): void {
    const { state } = this.#dependencies;
    if (this.#running === undefined) return;
    if (!equalBytes(this.#running.transfer.origin.root, state.stateRoot)) this.close();
  }

  #giveUp(which: (question: Question) => boolean): Question[] {
    const given = this.#questions.filter(which);
    for (const question of given) {
      this.#questions.splice(this.#questions.indexOf(question), 1);
      this.#running?.transfer.abandon(question.request);
    }
    return given;
  }

  #abandonAll(): void {
    this.#giveUp(() => true);
  }
}
