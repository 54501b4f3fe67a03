import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createServer as createSecureServer } from "node:tls";
import type { TlsIdentity } from "../../access/tls-identity.ts";
import type { ConnectionGuard } from "../../connection-guard.ts";
import type { Counts } from "../../counts.ts";
import { CLOSE_MS_MAX, HEADER_MS_MAX } from "../../limits.ts";
import { listenError } from "../../listen-error.ts";

/** An HTTP/2 connection's first words, before which it is a held socket and nothing else. */
const PREFACE_BYTES = 24;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsIdentity | undefined;
  readonly headerMsMax?: number | undefined;
}

/** The port: gRPC's server takes connections over, but knows no bounds for them. */
export class GrpcListener {
  readonly port: number;
  readonly #server: Server;
  readonly #guard: ConnectionGuard;

  private constructor(port: number, server: Server, guard: ConnectionGuard) {
    this.port = port;
    this.#server = server;
    this.#guard = guard;
  }

  /** @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
  static open(
    options: ListenerOptions,
    { guard, counts }: { readonly guard: ConnectionGuard; readonly counts: Counts },
    take: (socket: Socket) => void,
  ): Promise<GrpcListener> {
    const { host, port, tls } = options;
    const headerMsMax = options.headerMsMax ?? HEADER_MS_MAX;
    const serve = (socket: Socket): void => {
      const timer = setTimeout(() => {
        if (socket.bytesRead >= PREFACE_BYTES) return;
        counts.cutOff("slow-header");
        socket.destroy();
      }, headerMsMax);
      socket.on("error", () => socket.destroy());
      socket.once("close", () => clearTimeout(timer));
      take(socket);
    };
    const secured = { ...tls, ALPNProtocols: ["h2"], noDelay: true, handshakeTimeout: headerMsMax };
    const server: Server =
      tls === undefined ? createServer({ noDelay: true }) : createSecureServer(secured);
    server.on("connection", (socket: Socket) => {
      if (guard.opened(socket) && tls === undefined) serve(socket);
    });
    server.on("secureConnection", serve);
    server.on("tlsClientError", () => counts.cutOff("malformed-request"));
    return new Promise((resolve, reject) => {
      server.once("error", (error) => reject(listenError(error, host, port)));
      server.listen({ host, port, backlog: 512 }, () => {
        const address = server.address();
        const found = typeof address === "object" && address !== null ? address.port : port;
        resolve(new GrpcListener(found, server, guard));
      });
    });
  }

  /** Waits for what is under way, but not for long. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        for (const socket of this.#guard.sockets()) socket.destroy();
      }, CLOSE_MS_MAX);
      this.#server.close(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
