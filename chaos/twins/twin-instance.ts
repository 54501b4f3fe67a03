import type { Epoch, ReplicaIndex } from "../../base/types.ts";
import { State } from "../../consensus/execution/state.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { MemoryRowStore } from "../../consensus/map/memory-row-store.ts";
import { Refusal } from "../../consensus/refusal.ts";
import type { Input, Now } from "../../consensus/replica/input.ts";
import type { Output } from "../../consensus/replica/output.ts";
import { Replica } from "../../consensus/replica/replica.ts";
import type { Verifier } from "../../consensus/verifier.ts";
import type { Vote } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { FrameIntake } from "../../node/host/frame-intake.ts";
import { StateTransfer } from "../../node/host/state-transfer.ts";
import { TransferSource } from "../../node/host/transfer-source.ts";
import { Tally } from "../../node/metrics/tally.ts";
import type { Signer } from "../simulation/world/crypto-table.ts";
import { stateRulesOf } from "../simulation/world/kinds.ts";
import { BEGIN_MS } from "./twins-genesis.ts";
import type { TwinsGenesis } from "./twins-genesis.ts";

export interface TwinFrame {
  readonly from: ReplicaIndex;
  readonly to: ReplicaIndex | "all";
  readonly kind: FrameKind;
  readonly body: Uint8Array;
}

/** Sees every step of every instance, and decides nothing. */
export type OnStep = (instance: TwinInstance, outputs: readonly Output[]) => void;

/** Short, so that a scenario of a few batches passes some checkpoints and drops its log. */
const CHECKPOINT_INTERVAL = 2;

/**
 * One instance of a member: the real replica, verifier, executed state and state transfer, between
 * plain arrays instead of sockets and files. Nothing crashes here, so a promise is kept by being
 * made; a turn is what `node/host/event-loop.ts` makes of one pass: all that arrived is stepped, then
 * sends and signatures leave, votes under one signature, and its own come back as inputs.
 */
export class TwinInstance {
  readonly index: ReplicaIndex;
  /** Its place among the instances. */
  readonly place: number;
  /** Another one runs under the same key, so none of the checkers' promises is owed. */
  readonly isFaulty: boolean;
  readonly state: State;
  readonly replica: Replica;
  /** The instance's own clock; timers run out when it is put forward. */
  monotonicMs = 0;
  readonly #signer: Signer;
  readonly #verifier: Verifier;
  readonly #intake: FrameIntake;
  readonly #transfer: StateTransfer;
  readonly #source: TransferSource;
  readonly #onStep: OnStep;
  readonly #epoch: Epoch;
  #inputs: Input[] = [];
  #outgoing: Extract<Output, { readonly type: "send" | "sign" }>[] = [];
  #votes: Vote[] = [];
  #sent: TwinFrame[] = [];

  constructor(
    shared: TwinsGenesis,
    who: {
      readonly index: ReplicaIndex;
      readonly place: number;
      readonly isFaulty: boolean;
      readonly onStep: OnStep;
    },
  ) {
    const { committee, genesis } = shared;
    const { crypto } = shared.cryptography;
    this.index = who.index;
    this.place = who.place;
    this.isFaulty = who.isFaulty;
    this.#onStep = who.onStep;
    this.#epoch = committee.epoch;
    this.#signer = shared.signers[who.index] as Signer;
    this.#verifier = shared.verifier;
    this.state = State.genesis(stateRulesOf(crypto, genesis), new MemoryRowStore(), genesis);
    this.replica = new Replica(
      {
        committee,
        index: who.index,
        promises: [],
        timing: { checkpointInterval: CHECKPOINT_INTERVAL },
      },
      { application: this.state, crypto, verifier: this.#verifier },
    );
    const drops = new Tally();
    this.#intake = new FrameIntake({
      verifier: this.#verifier,
      needs: (votes) => this.replica.needs(votes),
      certificateAt: (sequence) => this.replica.certificateAt(sequence),
      drops,
    });
    const send = (to: ReplicaIndex, kind: FrameKind, body: Uint8Array): void => {
      this.#sent.push({ from: this.index, to, kind, body });
    };
    const peers = committee.members
      .map((_, index) => index as ReplicaIndex)
      .filter((index) => index !== this.index);
    this.#source = new TransferSource({ state: this.state, drops, send });
    this.#transfer = new StateTransfer({
      state: this.state,
      drops,
      send,
      connectedPeers: () => peers,
      monotonicMs: () => this.monotonicMs,
      onDone: (certificate) => this.#inputs.push({ type: "transferred", certificate }),
      onFailed: (sequence) => this.#inputs.push({ type: "transfer-failed", sequence }),
    });
    this.#inputs.push({ type: "start" });
  }

  /** A client's request, as its replica takes it. */
  submit(bytes: Uint8Array): void {
    const writeSet = this.#verifier.writeSet(bytes);
    if (writeSet instanceof Refusal) throw new Error(`a request is refused: ${writeSet.why}`);
    this.#inputs.push({ type: "write-set", writeSet, origin: "client" });
  }

  tick(nowMs: number): void {
    this.#transfer.tick(this.monotonicMs);
    this.#source.sweep(this.monotonicMs);
    this.#step({ type: "tick" }, nowMs);
  }

  /** Everything that arrived in one message delay; what it sends upon it. */
  turn(frames: readonly TwinFrame[], nowMs: number): readonly TwinFrame[] {
    for (const { from, kind, body } of frames) this.#receive(from, kind, body, nowMs);
    do {
      const inputs = this.#inputs;
      this.#inputs = [];
      for (const input of inputs) this.#step(input, nowMs);
      this.#carryOut();
    } while (this.#inputs.length > 0);
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  #receive(from: ReplicaIndex, kind: FrameKind, body: Uint8Array, nowMs: number): void {
    switch (kind) {
      case FRAME.fetchNodes:
      case FRAME.fetchRows:
        this.#source.onFrame(from, kind, body, this.monotonicMs);
        break;
      case FRAME.nodes:
      case FRAME.rows:
        this.#transfer.onFrame(from, kind, body);
        break;
      default:
        this.#intake.take(from, { kind, body }, this.monotonicMs, (input) =>
          this.#step(input, nowMs),
        );
    }
  }

  #step(input: Input, nowMs: number): void {
    const now: Now = {
      monotonicMs: this.monotonicMs,
      reading: hlcFromMs(BEGIN_MS + nowMs),
      clockCertain: true,
    };
    const outputs = this.replica.step(input, now);
    if (outputs.length === 0) return;
    this.#onStep(this, outputs);
    for (const output of outputs) {
      if (output.type === "vote") this.#votes.push(output.vote);
      else if (output.type === "send" || output.type === "sign") this.#outgoing.push(output);
      else if (output.type === "transfer") this.#transfer.begin(output.certificate);
    }
  }

  #carryOut(): void {
    const outgoing = this.#outgoing;
    const votes = this.#votes;
    this.#outgoing = [];
    this.#votes = [];
    const { index: author } = this;
    const epoch = this.#epoch;
    const { sign } = this.#signer;
    for (const output of outgoing) {
      if (output.type === "send") {
        const { to, kind, body } = output;
        this.#sent.push({ from: author, to, kind, body });
        continue;
      }
      const message = { author, epoch, type: output.signedType, body: output.body };
      const { bytes, input } = this.#verifier.signOwn(message, sign);
      this.#sent.push({ from: author, to: "all", kind: FRAME.signed, body: bytes });
      this.#inputs.push(input);
    }
    if (votes.length === 0) return;
    const pack = this.#verifier.packOwnVotes({ author, epoch, votes }, sign);
    this.#sent.push({ from: author, to: "all", kind: FRAME.votePack, body: pack.bytes });
    for (const vote of pack.votes) this.#inputs.push({ type: "vote", vote });
  }
}
