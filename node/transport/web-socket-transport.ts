import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { NO_PINS, showsKey } from "../../base/host/pinned-agent.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import { ReplicaAgents } from "../../base/host/replica-agents.ts";
import type { ReplicaIndex } from "../../base/types.ts";
import { memberKey } from "../../consensus/committee.ts";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { PEER_PING_MS, PEER_QUEUE_BYTES_MAX, PEER_SILENCE_MS_MAX } from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import { FrameSocket } from "./frame-socket.ts";
import type { Identity } from "./handshake.ts";
import { Handshakes } from "./handshakes.ts";
import { PeerDialler } from "./peer-dialler.ts";
import { PeerHandshake } from "./peer-handshake.ts";
import { PeerLinks } from "./peer-links.ts";
import type { PeerState, Transport, TransportHandler } from "./transport.ts";
import { serverOptions } from "./web-socket-options.ts";

export interface WebSocketTransportOptions {
  readonly identity: Identity;
  /** Reasons for which frames, handshakes and sockets were dropped. */
  readonly drops: Tally;
  readonly monotonicMs: () => number;
  /** For jitter alone. */
  readonly random: () => number;
  /** Where each member listens; the committee's addresses, but for tests that use free ports. */
  readonly addressOf: (index: ReplicaIndex) => string;
  /** For addresses over TLS: the members' keys, and the name that we show. */
  readonly pins?: Pins;
}

const SOCKET_OPTIONS = {
  queueBytesMax: PEER_QUEUE_BYTES_MAX,
  whenFull: "drop",
  pingMs: PEER_PING_MS,
  silenceMsMax: PEER_SILENCE_MS_MAX,
} as const;

/** We dialled a peer, or somebody came from an address. */
type Whose = { readonly peer: ReplicaIndex } | { readonly address: string | undefined };

/**
 * Replicas over WebSockets. Of each pair the one with the lower index dials, so there is never a
 * second connection to choose from; the other only accepts.
 */
export class WebSocketTransport implements Transport {
  readonly index: ReplicaIndex;
  readonly #options: WebSocketTransportOptions;
  readonly #server = new WebSocketServer(serverOptions(FRAME_BYTES_MAX));
  readonly #links: PeerLinks;
  readonly #agents: ReplicaAgents;
  readonly #diallers = new Map<ReplicaIndex, PeerDialler>();
  readonly #handshakes = new Handshakes();
  #sweeper: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: WebSocketTransportOptions) {
    this.#options = options;
    this.index = options.identity.index;
    const others = options.identity.committee.members
      .map((_, index) => index as ReplicaIndex)
      .filter((index) => index !== this.index);
    this.#links = new PeerLinks(others, options.drops);
    this.#agents = new ReplicaAgents(options.pins ?? NO_PINS);
    for (const other of others) {
      if (other < this.index) continue;
      this.#diallers.set(
        other,
        new PeerDialler(
          { address: options.addressOf(other), agents: this.#agents },
          ({ socket, raw }) => this.#challenge(socket, raw, { peer: other }),
          options.random,
        ),
      );
    }
  }

  open(handler: TransportHandler): void {
    this.#links.open(handler);
    for (const dialler of this.#diallers.values()) dialler.dial();
    this.#sweeper = setInterval(() => this.#sweep(), PEER_PING_MS);
  }

  /** An HTTP upgrade to `/peer`. */
  accept(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    const { remoteAddress } = request.socket;
    if (this.#closed || !this.#handshakes.admits(remoteAddress)) {
      this.#options.drops.add("handshake-too-many");
      raw.destroy();
      return;
    }
    this.#server.handleUpgrade(request, raw, head, (socket) =>
      this.#challenge(socket, raw, { address: remoteAddress }),
    );
  }

  send(to: ReplicaIndex | "all", kind: FrameKind, body: Uint8Array): void {
    this.#links.send(to, kind, body);
  }

  peers(): readonly PeerState[] {
    return this.#links.states();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const dialler of this.#diallers.values()) dialler.close();
    this.#handshakes.closeAll();
    this.#links.close();
    this.#agents.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #challenge(socket: WebSocket, raw: Duplex, whose: Whose): void {
    const dialled = "peer" in whose ? whose.peer : undefined;
    const nowMs = this.#options.monotonicMs();
    let handshake: PeerHandshake | undefined;
    const frames = new FrameSocket(
      socket,
      raw,
      SOCKET_OPTIONS,
      {
        onFrame: (kind, body) => handshake?.onFrame(kind, body),
        onDropped: () => undefined,
        onClosed: (reason) => this.#failed(frames, dialled, reason),
      },
      nowMs,
    );
    this.#handshakes.begin(frames, "address" in whose ? whose.address : undefined, nowMs);
    handshake = new PeerHandshake(this.#options.identity, frames, dialled, (peer) =>
      this.#proven(frames, dialled === undefined ? raw : undefined, peer),
    );
  }

  /** `accepted`: the connection, where the other side dialled; where we did, its key was pinned. */
  #proven(frames: FrameSocket, accepted: Duplex | undefined, peer: ReplicaIndex): void {
    if (accepted !== undefined && !this.#isPeersOwn(accepted, peer)) {
      frames.close("certificate-wrong");
      return;
    }
    this.#handshakes.ended(frames);
    const dialler = this.#diallers.get(peer);
    dialler?.succeeded();
    this.#links.attach(peer, frames, (reason) => {
      this.#options.drops.add(`peer-${reason}`);
      dialler?.retry();
    });
  }

  /** Over TLS the proof counts only between the same two ends: nobody may sit between and read. */
  #isPeersOwn(raw: Duplex, peer: ReplicaIndex): boolean {
    if (!(raw instanceof TLSSocket)) return true;
    const key = memberKey(this.#options.identity.committee, peer);
    return key !== undefined && showsKey(raw, key);
  }

  #failed(frames: FrameSocket, dialled: ReplicaIndex | undefined, reason: string): void {
    this.#handshakes.ended(frames);
    this.#options.drops.add(`handshake-${reason}`);
    if (dialled !== undefined) this.#diallers.get(dialled)?.retry();
  }

  #sweep(): void {
    const nowMs = this.#options.monotonicMs();
    this.#links.sweep(nowMs);
    this.#handshakes.sweep(nowMs);
  }
}
