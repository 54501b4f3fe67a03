import type { EventScribe } from "../../../base/journal/event-scribe.ts";
import type { Epoch, ReplicaIndex } from "../../../base/types.ts";
import { decodeFrame } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import { ClientConnection } from "../../../node/client-api/client-connection.ts";
import type { FrameSocket } from "../../../node/transport/frame-socket.ts";
import { askChain } from "../world/ask-chain.ts";
import { authorName } from "../tape/run-journal.ts";
import type { ReplicaProcess } from "../world/replica-process.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";

export type OnAnswer = (
  from: ReplicaIndex,
  kind: FrameKind,
  body: Uint8Array,
  link: ClientLink,
) => void;

/** One client's way to one replica: a real `ClientConnection` for each process that it meets. */
export class ClientLink {
  readonly #replica: SimulatedReplica;
  readonly #address: number;
  readonly #onAnswer: OnAnswer;
  /** Whose events its questions follow from, and its answers lead to. */
  readonly #scribe: EventScribe | undefined;
  readonly #connections = new WeakMap<ReplicaProcess, ClientConnection>();

  constructor(
    replica: SimulatedReplica,
    address: number,
    onAnswer: OnAnswer,
    scribe?: EventScribe,
  ) {
    this.#scribe = scribe;
    this.#replica = replica;
    this.#address = address;
    this.#onAnswer = onAnswer;
  }

  ask(kind: FrameKind, body: Uint8Array): void {
    this.#deliver((process) => process.onClientFrame(this.#connectionOf(process), kind, body));
  }

  /** What it tells of the epochs from one on. */
  askChain(epoch: Epoch, onAnswer: (links: readonly Uint8Array[]) => void): void {
    askChain(this.#address, this.#replica, epoch, onAnswer);
  }

  upload(digest: Parameters<ReplicaProcess["upload"]>[0], bytes: Uint8Array): void {
    this.#deliver((process) => process.upload(digest, bytes));
  }

  #deliver(work: (process: ReplicaProcess) => void): void {
    const { network, world } = this.#replica.surroundings;
    const scribe = this.#scribe;
    const hint = scribe?.hint;
    network.send(this.#address, this.#replica.address, () => {
      const { process } = this.#replica;
      if (process === undefined) return;
      if (scribe !== undefined) world.journal?.heard(this.#replica, scribe.author.name, hint);
      world.hash.number(world.nowUs);
      this.#replica.whenAwake(() => work(process));
    });
  }

  #connectionOf(process: ReplicaProcess): ClientConnection {
    let connection = this.#connections.get(process);
    if (connection === undefined || !connection.open) {
      connection = new ClientConnection(this.#socketTo(process), process.clock.monotonicMs());
      this.#connections.set(process, connection);
    }
    return connection;
  }

  /** As much of a socket as a connection uses. */
  #socketTo(process: ReplicaProcess): FrameSocket {
    let closed = false;
    const send = (kind: FrameKind, body: Uint8Array): void => {
      if (closed || process.hasEnded) return;
      const { disguise, surroundings } = this.#replica;
      const said =
        disguise?.answer === undefined ? body : disguise.answer(kind, body, this.#replica);
      if (said === undefined) return;
      const { index, address } = this.#replica;
      const hint = surroundings.world.journal?.hintOf(this.#replica);
      surroundings.network.send(address, this.#address, () => {
        if (hint !== undefined) this.#scribe?.heard(authorName(this.#replica), hint);
        this.#onAnswer(index, kind, said, this);
      });
    };
    const socket = {
      get open(): boolean {
        return !closed && !process.hasEnded;
      },
      queuedCount: 0,
      send,
      sendEncoded: (_kind: FrameKind, bytes: Uint8Array): void => {
        const frame = decodeFrame(bytes);
        if (frame !== undefined) send(frame.kind, frame.body);
      },
      close: (): void => {
        closed = true;
      },
    };
    return socket as unknown as FrameSocket;
  }
}
