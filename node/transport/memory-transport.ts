import { invariant } from "../../base/assert.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { decodeFrame, encodeFrame } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { PeerState, Transport, TransportHandler } from "./transport.ts";

/** The twin of the sockets for tests: same promises, no port. Links can be cut and healed. */
export class MemoryNetwork {
  readonly #ends = new Map<ReplicaIndex, MemoryTransport>();
  readonly #cut = new Set<string>();

  join(index: ReplicaIndex, memberCount: number): Transport {
    invariant(!this.#ends.has(index), "one transport for each member", { index });
    const end = new MemoryTransport(index, memberCount, this);
    this.#ends.set(index, end);
    return end;
  }

  cut(left: ReplicaIndex, right: ReplicaIndex): void {
    this.#cut.add(linkName(left, right));
    this.#ends.get(left)?.lost(right);
    this.#ends.get(right)?.lost(left);
  }

  heal(left: ReplicaIndex, right: ReplicaIndex): void {
    this.#cut.delete(linkName(left, right));
    this.meet(left, right);
  }

  meet(left: ReplicaIndex, right: ReplicaIndex): void {
    const [one, other] = [this.#ends.get(left), this.#ends.get(right)];
    if (one?.running !== true || other?.running !== true) return;
    if (this.#cut.has(linkName(left, right))) return;
    one.up(right);
    other.up(left);
  }

  leave(index: ReplicaIndex): void {
    this.#ends.delete(index);
    for (const other of this.#ends.values()) other.lost(index);
  }

  end(index: ReplicaIndex): MemoryTransport | undefined {
    return this.#ends.get(index);
  }
}

function linkName(left: ReplicaIndex, right: ReplicaIndex): string {
  return `${Math.min(left, right)}-${Math.max(left, right)}`;
}

class MemoryTransport implements Transport {
  readonly index: ReplicaIndex;
  readonly #others: readonly ReplicaIndex[];
  readonly #network: MemoryNetwork;
  readonly #connected = new Set<ReplicaIndex>();
  #handler: TransportHandler | undefined;

  constructor(index: ReplicaIndex, memberCount: number, network: MemoryNetwork) {
    this.index = index;
    this.#network = network;
    this.#others = Array.from({ length: memberCount }, (_, other) => other as ReplicaIndex).filter(
      (other) => other !== index,
    );
  }

  get running(): boolean {
    return this.#handler !== undefined;
  }

  open(handler: TransportHandler): void {
    this.#handler = handler;
    for (const other of this.#others) this.#network.meet(this.index, other);
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const bytes = encodeFrame(kind, body);
    for (const other of to === "all" ? this.#others : [to]) {
      if (!this.#connected.has(other)) continue;
      const end = this.#network.end(other);
      setImmediate(() => end?.receive(this.index, bytes.slice()));
    }
  }

  receive(from: ReplicaIndex, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame === undefined || !this.#connected.has(from)) return;
    this.#handler?.onFrame(from, frame.kind, frame.body);
  }

  up(other: ReplicaIndex): void {
    if (this.#connected.has(other)) return;
    this.#connected.add(other);
    this.#handler?.onPeerUp(other);
  }

  lost(other: ReplicaIndex): void {
    if (this.#connected.delete(other)) this.#handler?.onPeerLost(other);
  }

  peers(): readonly PeerState[] {
    return this.#others.map((index) => ({
      index,
      connected: this.#connected.has(index),
      queuedCount: 0,
      queuedBytes: 0,
    }));
  }

  close(): Promise<void> {
    this.#network.leave(this.index);
    this.#connected.clear();
    this.#handler = undefined;
    return Promise.resolve();
  }
}
