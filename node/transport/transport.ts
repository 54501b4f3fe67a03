import type { ReplicaIndex } from "../../base/types.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";

/**
 * Frames between replicas, over authenticated connections. What a frame says is not believed: the
 * verifier judges it. What `from` says is: the peer proved its key for this connection.
 *
 * 1. Frames of one connection arrive in the order they were sent, or not at all.
 * 2. A frame to a peer that is not connected is dropped and counted; the protocol retransmits.
 * 3. `send` never throws and never waits.
 */
export interface Transport {
  readonly index: ReplicaIndex;
  /** Starts dialling and accepting. Once. */
  open(handler: TransportHandler): void;
  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void;
  /** One for each other member, ascending. */
  peers(): readonly PeerState[];
  close(): Promise<void>;
}

export interface TransportHandler {
  /** `body` is valid during the call and may be kept. */
  onFrame(from: ReplicaIndex, kind: FrameKind, body: Uint8Array): void;
  onPeerUp(index: ReplicaIndex): void;
  onPeerLost(index: ReplicaIndex): void;
}

export interface PeerState {
  readonly index: ReplicaIndex;
  readonly connected: boolean;
  /** Frames and bytes that wait for this peer. */
  readonly queuedCount: number;
  readonly queuedBytes: number;
}
