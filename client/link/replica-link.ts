import type { ReplicaIndex } from "../../base/types.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import {
  helloCodec,
  rootCodec,
  submitAnswerCodec,
  subscribeCodec,
} from "../../consensus/wire/connection.ts";
import type { Root, SubmitAnswer } from "../../consensus/wire/connection.ts";
import { decodeFrame, encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import {
  DEADLINE_MS,
  HANDSHAKE_MS_MAX,
  IN_FLIGHT_MAX,
  RECONNECT_MS_MAX,
  RECONNECT_MS_MIN,
} from "../limits.ts";
import type { Platform, PlatformSocket } from "../platform/platform.ts";
import { ClientHandshake } from "./client-handshake.ts";
import { HealthNotes } from "./health-notes.ts";
import type { Lie } from "./health-notes.ts";
import { answerCodec, statusQuestion } from "./questions.ts";
import type { Question } from "./questions.ts";
import type { CancelAlarm, Sweep } from "./sweep.ts";

export interface LinkEvents {
  onOpen(link: ReplicaLink): void;
  onLost(link: ReplicaLink): void;
  onRoot(link: ReplicaLink, root: Root): void;
  onSubmitAnswer(link: ReplicaLink, answer: SubmitAnswer): void;
  /** It greets us from an epoch that we do not know. */
  onNewerEpoch(link: ReplicaLink): void;
}

interface Waiting {
  readonly answerKind: FrameKind;
  readonly sinceMs: number;
  /** Undefined: the link was lost, or the replica kept silent for too long. */
  readonly onAnswer: (answer: object | undefined) => void;
}

type State =
  | { readonly type: "idle" }
  | {
      readonly type: "opening";
      readonly socket: PlatformSocket;
      readonly handshake: ClientHandshake;
    }
  | { readonly type: "open"; readonly socket: PlatformSocket };

/** How often a link is looked at for silence. */
const WATCH_MS = 1_000;
/** Quiet for this long: ask something, to tell an idle replica from a half-open socket. */
const QUIET_MS_MAX = 5_000;

/** The one connection to one replica: dialled again whenever it is lost, with full jitter. */
export class ReplicaLink {
  readonly index: ReplicaIndex;
  readonly address: string;
  readonly health = new HealthNotes();
  readonly #committee: Committee;
  readonly #platform: Platform;
  readonly #sweep: Sweep;
  readonly #events: LinkEvents;
  #state: State = { type: "idle" };
  #waiting = new Map<number, Waiting>();
  #nextId = 1;
  #attempts = 0;
  #dialledMs = 0;
  #refused = false;
  #heardMs = 0;
  #watch: CancelAlarm | undefined;
  #stopped = false;

  constructor(
    options: {
      readonly index: ReplicaIndex;
      readonly member: Member;
      readonly committee: Committee;
    },
    dependencies: {
      readonly platform: Platform;
      readonly sweep: Sweep;
      readonly events: LinkEvents;
    },
  ) {
    this.index = options.index;
    this.address = options.member.address;
    this.#committee = options.committee;
    this.#platform = dependencies.platform;
    this.#sweep = dependencies.sweep;
    this.#events = dependencies.events;
  }

  get open(): boolean {
    return this.#state.type === "open";
  }

  /** Nobody listens there: the last dialling came to its end at once, without a connection. */
  get refused(): boolean {
    return this.#refused;
  }

  start(): void {
    if (this.#stopped || this.#state.type !== "idle") return;
    this.#dialledMs = this.#sweep.nowMs();
    const handshake = new ClientHandshake(
      { committee: this.#committee, index: this.index, nonce: this.#platform.randomBytes(32) },
      this.#platform.crypto,
    );
    let opened = false;
    const socket = this.#platform.openSocket(this.address, {
      onOpen: () => {
        opened = true;
        this.#refused = false;
        socket.send(encodeFrame(FRAME.hello, handshake.hello));
      },
      onMessage: (bytes) => {
        if (this.#isCurrent(socket)) this.#receive(bytes);
      },
      onClose: () => {
        if (!this.#isCurrent(socket)) return;
        if (this.#state.type === "opening" && !opened) this.#refused = this.#wasQuick();
        this.#lost();
      },
    });
    this.#state = { type: "opening", socket, handshake };
    this.#watch = this.#sweep.after(HANDSHAKE_MS_MAX, () => {
      this.#refused = false;
      this.#cut();
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#watch?.();
    this.#cut();
  }

  /** False: not connected. */
  send(kind: FrameKind, body: Uint8Array): boolean {
    if (this.#state.type !== "open") return false;
    this.#state.socket.send(encodeFrame(kind, body));
    return true;
  }

  /**
   * Asks once. `onAnswer` is called once, with undefined when the link is lost or the replica kept
   * silent for the longest deadline. Returns false, and never calls, when not connected or when too
   * many wait already.
   */
  ask<A extends object>(question: Question<A>, onAnswer: (answer: A | undefined) => void): boolean {
    if (this.#state.type !== "open" || this.#waiting.size >= IN_FLIGHT_MAX) return false;
    const id = this.#nextId;
    this.#nextId = id === 0xffff_ffff ? 1 : id + 1;
    this.#waiting.set(id, {
      answerKind: question.answerKind,
      sinceMs: this.#sweep.nowMs(),
      onAnswer: onAnswer as (answer: object | undefined) => void,
    });
    return this.send(question.kind, question.encode(id));
  }

  /** An answer that does not hold: counted by name; the caller asks somebody else. */
  lied(reason: Lie): void {
    this.health.lied(reason);
  }

  /** An address where nothing answers at all is slow to fail, and may be a slow replica's. */
  #wasQuick(): boolean {
    return this.#sweep.nowMs() - this.#dialledMs < HANDSHAKE_MS_MAX / 2;
  }

  #isCurrent(socket: PlatformSocket): boolean {
    return this.#state.type !== "idle" && this.#state.socket === socket;
  }

  #receive(bytes: Uint8Array): void {
    this.#heardMs = this.#sweep.nowMs();
    const frame = decodeFrame(bytes);
    if (frame?.kind === FRAME.hello && this.#isOfAnotherEpoch(frame.body)) return this.#cut();
    const lie = frame === undefined ? "garbage" : this.#take(frame.kind, frame.body);
    if (lie === undefined) return;
    this.lied(lie);
    this.#cut();
  }

  /** Neither is a lie: it may have gone on before us, or be about to come after. */
  #isOfAnotherEpoch(hello: Uint8Array): boolean {
    const epoch = helloCodec.tryDecode(hello)?.epoch;
    if (epoch === undefined || epoch === this.#committee.epoch) return false;
    if (epoch > this.#committee.epoch) this.#events.onNewerEpoch(this);
    return true;
  }

  #take(kind: FrameKind, body: Uint8Array): Lie | undefined {
    if (this.#state.type === "opening") return this.#takeOpening(this.#state.handshake, kind, body);
    switch (kind) {
      case FRAME.root: {
        const root = rootCodec.tryDecode(body);
        if (root === undefined) return "garbage";
        this.#events.onRoot(this, root);
        return undefined;
      }
      case FRAME.submitAnswer: {
        const answer = submitAnswerCodec.tryDecode(body);
        if (answer === undefined) return "garbage";
        this.#events.onSubmitAnswer(this, answer);
        return undefined;
      }
      default:
        return this.#takeAnswer(kind, body);
    }
  }

  #takeOpening(handshake: ClientHandshake, kind: FrameKind, body: Uint8Array): Lie | undefined {
    if (kind === FRAME.hello) return handshake.takeHello(body);
    if (kind !== FRAME.proof) return "garbage";
    const lie = handshake.takeProof(body);
    if (lie !== undefined || this.#state.type !== "opening") return lie;
    this.#state = { type: "open", socket: this.#state.socket };
    this.#attempts = 0;
    this.#watch?.();
    this.#watchSilence();
    this.send(FRAME.subscribe, subscribeCodec.encode({ on: true }));
    this.#events.onOpen(this);
    return undefined;
  }

  #takeAnswer(kind: FrameKind, body: Uint8Array): Lie | undefined {
    const answer = answerCodec(kind)?.tryDecode(body);
    if (answer === undefined) return "garbage";
    const waiting = this.#waiting.get(answer.id);
    // Nobody waits any more: it kept silent too long. Not a lie.
    if (waiting === undefined) return undefined;
    if (waiting.answerKind !== kind) return "garbage";
    this.#waiting.delete(answer.id);
    this.health.answered(this.#heardMs - waiting.sinceMs);
    waiting.onAnswer(answer);
    return undefined;
  }

  #watchSilence(): void {
    this.#watch = this.#sweep.after(WATCH_MS, () => {
      const nowMs = this.#sweep.nowMs();
      const silentMs = nowMs - this.#heardMs;
      if (silentMs > QUIET_MS_MAX + DEADLINE_MS) {
        this.#cut();
        return;
      }
      if (silentMs > QUIET_MS_MAX) this.ask(statusQuestion(), () => undefined);
      this.#expire(nowMs - DEADLINE_MS);
      this.#watchSilence();
    });
  }

  /** In the order of asking, so the first that is young enough ends the walk. */
  #expire(beforeMs: number): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.sinceMs > beforeMs) return;
      this.#waiting.delete(id);
      this.health.stalled();
      waiting.onAnswer(undefined);
    }
  }

  #cut(): void {
    if (this.#state.type === "idle") return;
    const { socket } = this.#state;
    this.#lost();
    socket.close();
  }

  #lost(): void {
    const wasOpen = this.open;
    this.#state = { type: "idle" };
    this.#watch?.();
    const orphans = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { onAnswer } of orphans) onAnswer(undefined);
    if (wasOpen) this.#events.onLost(this);
    if (this.#stopped) return;
    const ceilingMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    const dice = (this.#platform.randomBytes(1)[0] ?? 0) / 256;
    this.#watch = this.#sweep.after(RECONNECT_MS_MIN / 2 + dice * ceilingMs, () => this.start());
  }
}
