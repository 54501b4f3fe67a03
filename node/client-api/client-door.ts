import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { ROLE_CLIENT } from "../../consensus/wire/connection.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import {
  CLIENT_FRAME_BYTES_MAX,
  CLIENT_PING_MS,
  CLIENT_QUEUE_BYTES_MAX,
  CLIENT_SILENCE_MS_MAX,
} from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import { FrameSocket } from "../transport/frame-socket.ts";
import { encodeHello, encodeProof, readHello } from "../transport/handshake.ts";
import type { Identity } from "../transport/handshake.ts";
import { Handshakes } from "../transport/handshakes.ts";
import { serverOptions } from "../transport/web-socket-options.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientDisguise } from "./client-connection.ts";

export interface ClientDoorOptions {
  readonly identity: Identity;
  readonly drops: Tally;
  readonly monotonicMs: () => number;
  readonly onFrame: (client: ClientConnection, kind: FrameKind, body: Uint8Array) => void;
  readonly disguise?: ClientDisguise;
}

const SOCKET_OPTIONS = {
  queueBytesMax: CLIENT_QUEUE_BYTES_MAX,
  whenFull: "cut",
  pingMs: CLIENT_PING_MS,
  silenceMsMax: CLIENT_SILENCE_MS_MAX,
} as const;

const SWEEP_MS = 1_000;

/**
 * Where clients knock: `/client`. A client says hello with a nonce; the replica answers with its
 * own hello and its proof over both, so that a certificate's author is known before a byte is
 * believed. Clients are not asked who they are: what they may do stands in what they sign.
 */
export class ClientDoor {
  readonly #options: ClientDoorOptions;
  readonly #server = new WebSocketServer(serverOptions(CLIENT_FRAME_BYTES_MAX));
  readonly #handshakes = new Handshakes();
  readonly #clients = new Map<FrameSocket, ClientConnection>();
  readonly #sweeper: NodeJS.Timeout;
  #closed = false;

  constructor(options: ClientDoorOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
  }

  get count(): number {
    return this.#clients.size;
  }

  /** An HTTP upgrade to `/client`. */
  accept(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    const { remoteAddress } = request.socket;
    if (this.#closed || !this.#handshakes.admits(remoteAddress)) {
      this.#options.drops.add("client-handshake-too-many");
      raw.destroy();
      return;
    }
    this.#server.handleUpgrade(request, raw, head, (socket) =>
      this.#greet(socket, raw, remoteAddress),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    this.#handshakes.closeAll();
    for (const socket of this.#clients.keys()) socket.close("shutdown");
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #greet(socket: WebSocket, raw: Duplex, address: string | undefined): void {
    const nowMs = this.#options.monotonicMs();
    const frames: FrameSocket = new FrameSocket(
      socket,
      raw,
      SOCKET_OPTIONS,
      {
        onFrame: (kind, body) => this.#onHello(frames, kind, body),
        onDropped: () => undefined,
        onClosed: (reason) => {
          this.#handshakes.ended(frames);
          this.#options.drops.add(`client-handshake-${reason}`);
        },
      },
      nowMs,
    );
    this.#handshakes.begin(frames, address, nowMs);
  }

  #onHello(frames: FrameSocket, kind: FrameKind, body: Uint8Array): void {
    if (kind !== FRAME.hello) {
      frames.close("handshake-order");
      return;
    }
    const { identity, monotonicMs, disguise } = this.#options;
    const hello = readHello(identity, body, ROLE_CLIENT);
    if (typeof hello === "string") {
      frames.close(hello);
      return;
    }
    const ours = encodeHello(identity);
    frames.send(FRAME.hello, ours);
    frames.send(FRAME.proof, encodeProof(identity, body, ours));
    this.#handshakes.ended(frames);
    this.#admit(frames, new ClientConnection(frames, monotonicMs(), disguise));
  }

  #admit(frames: FrameSocket, client: ClientConnection): void {
    this.#clients.set(frames, client);
    frames.handOver({
      onFrame: (kind, body) => this.#onFrame(client, kind, body),
      onDropped: () => undefined,
      onClosed: (reason) => {
        this.#clients.delete(frames);
        this.#options.drops.add(`client-${reason}`);
        client.closed();
      },
    });
  }

  #onFrame(client: ClientConnection, kind: FrameKind, body: Uint8Array): void {
    if (!client.takeFrame(this.#options.monotonicMs())) client.cut("too-many-frames");
    else this.#options.onFrame(client, kind, body);
  }

  #sweep(): void {
    const nowMs = this.#options.monotonicMs();
    for (const socket of this.#clients.keys()) socket.sweep(nowMs);
    this.#handshakes.sweep(nowMs);
  }
}
