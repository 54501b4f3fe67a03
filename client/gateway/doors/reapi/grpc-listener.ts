import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Gateway } from "../../gateway.ts";
import { CLOSE_MS_MAX, CONNECTION_COUNT_MAX, HEADER_MS_MAX } from "../../limits.ts";
import { listenError } from "../../listen-error.ts";

/** An HTTP/2 connection's first words, before which it is a held socket and nothing else. */
const PREFACE_BYTES = 24;

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
    { host, port }: { readonly host: string; readonly port: number },
    gateway: Gateway,
    take: (socket: Socket) => void,
  ): Promise<GrpcListener> {
    const sockets = new Set<Socket>();
    const server = createServer({ noDelay: true }, (socket) => {
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
    });
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
