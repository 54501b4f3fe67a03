import type { ReplicaIndex } from "../../../base/types.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { PeerState, Transport, TransportHandler } from "../../../node/transport/transport.ts";
import { authorName } from "../tape/run-journal.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";
import type { World } from "./world.ts";

/** Everybody who answers to some index: a twin answers to the same one as its brother. */
export type Neighbours = () => readonly SimulatedReplica[];

/** How soon a process notices that a link broke or came back. */
const NOTICE_MS = 100;

/** A process's links to its peers, over the simulated network. Ends with the process. */
export class SimulatedTransport implements Transport {
  readonly index: ReplicaIndex;
  readonly #self: SimulatedReplica;
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #neighbours: Neighbours;
  readonly #connected = new Set<ReplicaIndex>();
  #handler: TransportHandler | undefined;

  constructor(
    self: SimulatedReplica,
    world: World,
    network: SimulatedNetwork,
    neighbours: Neighbours,
  ) {
    this.index = self.index;
    this.#self = self;
    this.#world = world;
    this.#network = network;
    this.#neighbours = neighbours;
  }

  open(handler: TransportHandler): void {
    this.#handler = handler;
    this.#notice();
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const { address, index } = this.#self;
    const { journal } = this.#world;
    const hint = journal?.hintOf(this.#self);
    for (const other of this.#neighbours()) {
      if (other === this.#self || other.index === index) continue;
      if (to !== "all" && other.index !== to) continue;
      this.#network.send(address, other.address, () => {
        journal?.heard(other, authorName(this.#self), hint);
        other.receive(index, kind, body);
      });
    }
  }

  peers(): readonly PeerState[] {
    const seen = new Map<ReplicaIndex, PeerState>();
    for (const { index } of this.#neighbours()) {
      if (index === this.index) continue;
      const connected = this.#connected.has(index);
      seen.set(index, { index, connected, queuedCount: 0, queuedBytes: 0 });
    }
    return [...seen.values()].sort((left, right) => left.index - right.index);
  }

  close(): Promise<void> {
    this.#handler = undefined;
    return Promise.resolve();
  }

  #notice(): void {
    const handler = this.#handler;
    if (handler === undefined) return;
    const reachable = new Set<ReplicaIndex>();
    for (const other of this.#neighbours()) {
      if (other.index !== this.index && this.#reaches(other)) reachable.add(other.index);
    }
    for (const index of this.#connected) {
      if (reachable.has(index)) continue;
      this.#connected.delete(index);
      handler.onPeerLost(index);
    }
    for (const index of reachable) {
      if (this.#connected.has(index)) continue;
      this.#connected.add(index);
      handler.onPeerUp(index);
    }
    this.#world.after(NOTICE_MS, () => this.#self.ifAlive(handler, () => this.#notice()));
  }

  #reaches(other: SimulatedReplica): boolean {
    const here = this.#self.address;
    if (!other.isUp) return false;
    return !this.#network.isCut(here, other.address) && !this.#network.isCut(other.address, here);
  }
}
