import { assertUnreachable } from "../../base/assert.ts";
import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output, PromiseRecord } from "../../consensus/replica/output.ts";
import type { Sign, Verifier } from "../../consensus/verifier.ts";
import { VOTE_PACK_COUNT_MAX } from "../../consensus/limits.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { Clock } from "../clock.ts";
import { INPUTS_PER_TURN_MAX, PEER_INPUT_BYTES_MAX, PEER_INPUT_COUNT_MAX } from "../limits.ts";
import type { Figures } from "../metrics/figures.ts";
import type { FrameIntake } from "./frame-intake.ts";
import type { Machine } from "./machine.ts";
import { Turn } from "./turn.ts";
import type { Waiter } from "./turn.ts";

/** Where promises become durable: node/promises, or nowhere for an amnesiac. */
export interface Promises {
  append(records: readonly PromiseRecord[]): void;
  sync(): PromiseLike<void>;
}

export interface EventLoopOptions {
  readonly index: ReplicaIndex;
  readonly epoch: Epoch;
  readonly sign: Sign;
  /** Runs work in the next pass of the loop; a simulator has a loop of its own. */
  readonly defer?: (work: () => void) => void;
}

export interface EventLoopDependencies {
  readonly machine: Machine;
  readonly verifier: Verifier;
  readonly intake: FrameIntake;
  readonly promises: Promises;
  readonly clock: Clock;
  readonly figures: Figures;
  readonly send: (to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array) => void;
  /** False: nothing is signed (halted). Asked before each signature. */
  readonly maySign: () => boolean;
  /** Outputs that need no durability, in the order of their steps. */
  readonly effects: Effects;
  /** A promise could not be made durable: the process must stop. */
  readonly onFatal: (error: unknown) => void;
}

export interface Effects {
  carryOut(output: Effect): void;
  /** All inputs of a turn are stepped. */
  endTurn(): void;
  /** The records of the turn in which this was asked for are durable. */
  truncate(below: Extract<Output, { readonly type: "truncate" }>["below"]): void;
}

export type Effect = Exclude<
  Output,
  { readonly type: "persist" | "vote" | "sign" | "send" | "truncate" }
>;

interface PeerFrame {
  readonly type: "frame";
  readonly from: ReplicaIndex;
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

/**
 * The host's side of output.ts. Inputs of one pass of Node's loop are stepped together; then
 *
 * 1. what they asked to persist becomes durable with one fdatasync, before anything of the turn
 *    leaves; a turn that persists nothing waits only for those before it;
 * 2. sends and signed messages leave in order, then all votes under one signature;
 * 3. own votes and signed messages come back as inputs;
 * 4. while a flush is under way inputs are stepped on and gathered for the next one.
 *
 * Idle, nothing waits: a frame is stepped in the pass in which it arrived.
 */
export class EventLoop {
  readonly #options: EventLoopOptions;
  readonly #dependencies: EventLoopDependencies;
  #queue: (Input | PeerFrame)[] = [];
  /** What of it is each peer's. */
  readonly #waiting = new Map<ReplicaIndex, { count: number; bytes: number }>();
  #gathering = new Turn();
  /** The turn whose records are on their way to the disk. */
  #flight: Turn | undefined;
  #scheduled = false;
  #stopped = false;
  #failure: { readonly error: unknown } | undefined;
  #idle: (() => void) | undefined;

  constructor(options: EventLoopOptions, dependencies: EventLoopDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  get queueLength(): number {
    return this.#queue.length;
  }

  input(input: Input): void {
    this.#queue.push(input);
    this.#schedule();
  }

  /** From the network: beyond its sender's bound it is dropped, for it will be sent again. */
  frame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void {
    const waiting = this.#waitingOf(from);
    const bytes = waiting.bytes + body.length;
    if (waiting.count >= PEER_INPUT_COUNT_MAX || bytes > PEER_INPUT_BYTES_MAX) {
      this.#dependencies.figures.drops.add("input-queue-full");
      return;
    }
    waiting.count++;
    waiting.bytes = bytes;
    this.#queue.push({ type: "frame", from, kind, body });
    this.#schedule();
  }

  /**
   * Resolves when every record asked for by now is durable: what was executed by now may be kept
   * after that and not before, for a store ahead of its promises is taken for amnesia. Rejects when
   * they cannot become durable any more: what was executed must be forgotten.
   */
  durable(): Promise<void> {
    return new Promise((resolve, reject) => this.whenDurable({ resolve, reject }));
  }

  /** {@link durable} for a simulator, whose time knows no promises: it is called at once. */
  whenDurable(waiter: Waiter): void {
    const turn = this.#gathering.records.length > 0 ? this.#gathering : this.#flight;
    if (this.#failure !== undefined) waiter.reject(this.#failure.error);
    else if (turn === undefined) waiter.resolve();
    else turn.waiters.push(waiter);
  }

  /** Steps nothing more; resolves once everything that was gathered is durable. None of it leaves. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#flight !== undefined) await new Promise<void>((resolve) => (this.#idle = resolve));
    const turn = this.#gathering;
    this.#gathering = new Turn();
    if (this.#failure !== undefined || turn.records.length === 0) return;
    const { promises } = this.#dependencies;
    try {
      promises.append(turn.records);
      await promises.sync();
      turn.isDurable();
    } catch (error) {
      turn.isLost(error);
      this.#fail(error);
    }
  }

  #waitingOf(from: ReplicaIndex): { count: number; bytes: number } {
    let waiting = this.#waiting.get(from);
    if (waiting === undefined) {
      waiting = { count: 0, bytes: 0 };
      this.#waiting.set(from, waiting);
    }
    return waiting;
  }

  #takeFrame(frame: PeerFrame, monotonicMs: number, step: (input: Input) => void): void {
    const waiting = this.#waitingOf(frame.from);
    waiting.count--;
    waiting.bytes -= frame.body.length;
    this.#dependencies.intake.take(frame.from, frame, monotonicMs, step);
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    const { defer = setImmediate } = this.#options;
    defer(() => this.#guard(() => this.#turn()));
  }

  /** A broken invariant ends the replica: going on would sign what cannot be taken back. */
  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A step that broke off may have executed what it has no record of: nothing is durable any more. */
  #fail(error: unknown): void {
    this.#stopped = true;
    this.#failure ??= { error };
    for (const turn of [this.#flight, this.#gathering]) turn?.isLost(error);
    this.#flight = undefined;
    this.#idle?.();
    this.#dependencies.onFatal(error);
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const { clock, figures, effects } = this.#dependencies;
    const work = this.#queue;
    this.#queue = work.length > INPUTS_PER_TURN_MAX ? work.splice(INPUTS_PER_TURN_MAX) : [];
    const now: Now = {
      monotonicMs: clock.monotonicMs(),
      reading: clock.reading(),
      clockCertain: clock.certain,
    };
    const step = (input: Input): void => this.#step(input, now);
    figures.turns++;
    for (const item of work) {
      if (item.type === "frame") this.#takeFrame(item, now.monotonicMs, step);
      else step(item);
    }
    effects.endTurn();
    this.#launch();
    if (this.#queue.length > 0) this.#schedule();
  }

  #step(input: Input, now: Now): void {
    this.#dependencies.figures.inputs++;
    const turn = this.#gathering;
    for (const output of this.#dependencies.machine.step(input, now)) {
      switch (output.type) {
        case "persist":
          turn.records.push(output.record);
          break;
        case "vote":
          turn.votes.push(output.vote);
          break;
        case "sign":
        case "send":
        case "truncate":
          turn.outgoing.push(output);
          break;
        default:
          this.#dependencies.effects.carryOut(output);
      }
    }
  }

  /** Makes the gathered turn durable and carries it out, unless one is on its way. */
  #launch(): void {
    if (this.#flight !== undefined || this.#gathering.isEmpty) return;
    const turn = this.#gathering;
    this.#gathering = new Turn();
    if (turn.records.length === 0) {
      this.#carryOut(turn);
      return;
    }
    const { promises, figures } = this.#dependencies;
    this.#flight = turn;
    figures.flushes++;
    promises.append(turn.records);
    promises.sync().then(
      () => this.#flushed(turn),
      (error: unknown) => this.#fail(error),
    );
  }

  #flushed(turn: Turn): void {
    this.#flight = undefined;
    turn.isDurable();
    this.#guard(() => {
      if (this.#stopped) return;
      this.#carryOut(turn);
      this.#launch();
    });
    this.#idle?.();
  }

  #carryOut(turn: Turn): void {
    const { effects, send, maySign } = this.#dependencies;
    for (const output of turn.outgoing) {
      switch (output.type) {
        case "send":
          send(output.to, output.kind, output.body);
          break;
        case "sign":
          if (maySign()) this.#sign(output);
          break;
        case "truncate":
          effects.truncate(output.below);
          break;
        default:
          assertUnreachable(output);
      }
    }
    if (turn.votes.length > 0 && maySign()) this.#sendVotes(turn.votes);
  }

  #sign(output: Extract<Output, { readonly type: "sign" }>): void {
    const { verifier, figures, send } = this.#dependencies;
    const { index: author, epoch, sign } = this.#options;
    const { signedType: type, body } = output;
    figures.signatures++;
    const { bytes, input } = verifier.signOwn({ author, epoch, type, body }, sign);
    send("all", FRAME.signed, bytes);
    this.input(input);
  }

  #sendVotes(votes: Turn["votes"]): void {
    const { verifier, figures, send } = this.#dependencies;
    const { index: author, epoch, sign } = this.#options;
    figures.votes += votes.length;
    for (let from = 0; from < votes.length; from += VOTE_PACK_COUNT_MAX) {
      const some = votes.slice(from, from + VOTE_PACK_COUNT_MAX);
      figures.signatures++;
      const pack = verifier.packOwnVotes({ author, epoch, votes: some }, sign);
      send("all", FRAME.votePack, pack.bytes);
      for (const vote of pack.votes) this.input({ type: "vote", vote });
    }
  }
}
