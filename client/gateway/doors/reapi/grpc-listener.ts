import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { TlsIdentity } from "../../access/tls-identity.ts";
import type { Gateway } from "../../gateway.ts";
import { CLOSE_MS_MAX, CONNECTION_COUNT_MAX, HEADER_MS_MAX } from "../../limits.ts";
import { listenError } from "../../listen-error.ts";

/** An HTTP/2 connection's first words, before which it is a held socket and nothing else. */
const PREFACE_BYTES = 24;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity | undefined;
}

/** The port: gRPC's server takes connections over, but knows no bounds for them. */
export class GrpcListener {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: ReadonlySet<Socket>;

  private constructor(port: number, server: Server, sockets: ReadonlySet<Socket>) {
    this.port = port;
    this.#server = server;
    this.#sockets = sockets;
  }

  /** @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
  static open(
    { host, port, tls }: ListenerOptions,
    gateway: Gateway,
    take: (socket: Socket) => void,
  ): Promise<GrpcListener> {
    const sockets = new Set<Socket>();
    const serve = (socket: Socket): void => {
      sockets.add(socket);
      const timer = setTimeout(() => {
        if (socket.bytesRead >= PREFACE_BYTES) return;
        gateway.counts.cutOff("slow-header");
        socket.destroy();
      }, HEADER_MS_MAX);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        clearTimeout(timer);
        sockets.delete(socket);
      });
      take(socket);
    };
    const server =
      tls === undefined
        ? createServer({ noDelay: true }, serve)
        : createSecureServer(
            { ...tls, ALPNProtocols: ["h2"], noDelay: true, handshakeTimeout: HEADER_MS_MAX },
            serve,
          );
    server.on("tlsClientError", () => gateway.counts.cutOff("malformed-request"));
    server.maxConnections = CONNECTION_COUNT_MAX;
    server.on("drop", () => gateway.counts.cutOff("too-many-connections"));
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(listenError(error, host, port)));
      server.listen({ host, port, backlog: 512 }, () => {
        const address = server.address();
        const found = typeof address === "object" && address !== null ? address.port : port;
        resolve(new GrpcListener(found, server, sockets));
      });
    });
  }

  /** Waits for what is under way, but not for long. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#sockets) socket.destroy();
      }, CLOSE_MS_MAX);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
