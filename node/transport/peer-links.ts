import type { ReplicaIndex } from "../../base/types.ts";
import { encodeFrame } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import type { Tally } from "../metrics/tally.ts";
import type { FrameSocket } from "./frame-socket.ts";
import type { PeerState, TransportHandler } from "./transport.ts";

/** The authenticated sockets, one for each other member at most. */
export class PeerLinks {
  readonly #members: readonly ReplicaIndex[];
  readonly #drops: Tally;
  readonly #sockets = new Map<ReplicaIndex, FrameSocket>();
  #handler: TransportHandler | undefined;

  constructor(members: readonly ReplicaIndex[], drops: Tally) {
    this.#members = members;
    this.#drops = drops;
  }

  open(handler: TransportHandler): void {
    this.#handler = handler;
  }

  /**
   * A newly proven socket replaces an older one: the other side would not have dialled again had
   * it not lost the first, which here may still look open.
   */
  attach(index: ReplicaIndex, socket: FrameSocket, onClosed: (reason: string) => void): void {
    this.#sockets.get(index)?.close("replaced");
    this.#sockets.set(index, socket);
    socket.handOver({
      onFrame: (kind, body) => this.#handler?.onFrame(index, kind, body),
      onDropped: (kind) => this.#drops.add(`queue-full-${kind}`),
      onClosed: (reason) => {
        if (this.#sockets.get(index) === socket) {
          this.#sockets.delete(index);
          this.#handler?.onPeerLost(index);
        }
        onClosed(reason);
      },
    });
    this.#handler?.onPeerUp(index);
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    const bytes = encodeFrame(kind, body);
    if (to !== "all") this.#sendOne(to, kind, bytes);
    else for (const index of this.#members) this.#sendOne(index, kind, bytes);
  }

  #sendOne(to: ReplicaIndex, kind: FrameKind, bytes: Uint8Array): void {
    const socket = this.#sockets.get(to);
    if (socket === undefined) this.#drops.add("peer-not-connected");
    else socket.sendEncoded(kind, bytes);
  }

  sweep(nowMs: number): void {
    for (const socket of this.#sockets.values()) socket.sweep(nowMs);
  }

  states(): PeerState[] {
    return this.#members.map((index) => {
      const socket = this.#sockets.get(index);
      return {
        index,
        connected: socket !== undefined,
        queuedCount: socket?.queuedCount ?? 0,
        queuedBytes: socket?.queuedBytes ?? 0,
      };
    });
  }

  close(): void {
    for (const socket of this.#sockets.values()) socket.close("shutdown");
  }
}
