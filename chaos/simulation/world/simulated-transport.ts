import { equalBytes } from "../../../base/bytes.ts";
import type { ReplicaIndex } from "../../../base/types.ts";
import type { Committee } from "../../../consensus/committee.ts";
import { FRAME } from "../../../consensus/wire/frame.ts";
import type { FrameKind } from "../../../consensus/wire/frame.ts";
import type { PeerState, Transport, TransportHandler } from "../../../node/transport/transport.ts";
import { authorName } from "../tape/run-journal.ts";
import type { SimulatedNetwork } from "./network.ts";
import type { EpochPlace } from "./replica-process.ts";
import type { SimulatedReplica } from "./simulated-replica.ts";
import type { World } from "./world.ts";

/** Everybody who answers to some index: a twin answers to the same one as its brother. */
export type Neighbours = () => readonly SimulatedReplica[];

interface Member {
  readonly replica: SimulatedReplica;
  readonly index: ReplicaIndex;
}

/** How soon a process notices that a link broke or came back. */
const NOTICE_MS = 100;

/** A process's links to its peers, over the simulated network. Ends with the process. */
export class SimulatedTransport implements Transport {
  readonly index: ReplicaIndex;
  readonly #self: SimulatedReplica;
  readonly #world: World;
  readonly #network: SimulatedNetwork;
  readonly #neighbours: Neighbours;
  readonly #committee: Committee;
  /** Everybody of its configuration, twins beside their brothers. */
  #members: readonly Member[] | undefined;
  readonly #connected = new Set<ReplicaIndex>();
  #handler: TransportHandler | undefined;

  constructor(
    self: SimulatedReplica,
    { committee, index }: EpochPlace,
    around: {
      readonly world: World;
      readonly network: SimulatedNetwork;
      readonly neighbours: Neighbours;
    },
  ) {
    this.index = index;
    this.#self = self;
    this.#committee = committee;
    this.#world = around.world;
    this.#network = around.network;
    this.#neighbours = around.neighbours;
  }

  open(handler: TransportHandler): void {
    this.#handler = handler;
    this.#notice();
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const { address, signer } = this.#self;
    const { index } = this;
    const { epoch } = this.#committee;
    const { journal } = this.#world;
    const hint = journal?.hintOf(this.#self);
    for (const { replica: other, index: place } of this.#others()) {
      if (to !== "all" && place !== to) continue;
      this.#network.send(address, other.address, () => {
        journal?.heard(other, authorName(this.#self), hint);
        const isSame = other.process?.committee.epoch === epoch;
        const isSigned = kind === FRAME.votePack || kind === FRAME.signed;
        // Connections end with their epoch; what is signed somebody may pass on for ever.
        const from = isSame ? index : isSigned ? other.process?.placeOf(signer) : undefined;
        if (from !== undefined) other.receive(from, kind, body);
      });
    }
  }

  /** Of this configuration; a connection is between members of one. */
  #others(): readonly Member[] {
    this.#members ??= this.#neighbours().flatMap((replica) => {
      const key = replica.signer.publicKey;
      const index = this.#committee.members.findIndex((one) => equalBytes(one.publicKey, key));
      return index < 0 || index === this.index ? [] : [{ replica, index: index as ReplicaIndex }];
    });
    return this.#members;
  }

  peers(): readonly PeerState[] {
    const seen = new Map<ReplicaIndex, PeerState>();
    for (const { index } of this.#others()) {
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
    for (const { replica, index } of this.#others()) {
      if (this.#reaches(replica)) reachable.add(index);
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
    if (other.process?.committee.epoch !== this.#committee.epoch) return false;
    return !this.#network.isCut(here, other.address) && !this.#network.isCut(other.address, here);
  }
}
