import { createServer } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { TLS_OPTIONS } from "../../base/host/pinned-agent.ts";
import type { TlsIdentity } from "../../base/host/signing-key.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import {
  HTTP_HEADER_BYTES_MAX,
  HTTP_HEADERS_MS_MAX,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_MS_MAX,
  TLS_HANDSHAKE_MS_MAX,
} from "../limits.ts";
import type { Tally } from "../metrics/tally.ts";
import { limitConnections } from "./connection-limits.ts";

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HttpRoutes {
  /** By exact path, or by first segment when the key ends in a slash: "/blob/". */
  readonly requests: ReadonlyMap<string, RequestHandler>;
  readonly upgrades: ReadonlyMap<string, UpgradeHandler>;
}

const HTTP_OPTIONS = {
  maxHeaderSize: HTTP_HEADER_BYTES_MAX,
  headersTimeout: HTTP_HEADERS_MS_MAX,
  requestTimeout: HTTP_REQUEST_MS_MAX,
  keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
  connectionsCheckingInterval: 2_000,
  noDelay: true,
} as const;

/** Replicas show a certificate, clients have none: who must show one is asked at its door. */
const TLS_SERVER_OPTIONS = {
  ...TLS_OPTIONS,
  requestCert: true,
  handshakeTimeout: TLS_HANDSHAKE_MS_MAX,
} as const;

/** The one port of a replica: health, metrics, blobs, and the upgrades of peers and clients. */
export class HttpServer {
  readonly #server: Server;
  readonly #routes: HttpRoutes;
  readonly #drops: Tally;
  /** Of TLS: who has not finished its handshake is no connection of HTTP's yet. */
  readonly #knocking = new Set<Duplex>();

  /** `tls`: who we show that we are; then nothing is understood in plain text. */
  constructor(routes: HttpRoutes, drops: Tally, tls?: TlsIdentity) {
    this.#routes = routes;
    this.#drops = drops;
    const onRequest: RequestHandler = (request, response) => this.#onRequest(request, response);
    this.#server =
      tls === undefined
        ? createServer(HTTP_OPTIONS, onRequest)
        : createSecureServer({ ...HTTP_OPTIONS, ...TLS_SERVER_OPTIONS, ...tls }, onRequest);
    this.#server.maxRequestsPerSocket = 0;
    limitConnections(this.#server, drops);
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    if (tls !== undefined) this.#server.on("connection", (socket) => this.#onKnock(socket));
    this.#server.on("tlsClientError", () => drops.add("tls-malformed"));
    this.#server.on("clientError", (_error, socket) => {
      drops.add("http-malformed");
      socket.destroy();
    });
  }

  /** To who connects from now on. A server without TLS shows nothing. */
  show(tls: TlsIdentity): void {
    if (this.#server instanceof SecureServer)
      this.#server.setSecureContext({ ...TLS_OPTIONS, ...tls });
  }

  /** @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
  async listen(host: string, port: number): Promise<AddressInfo> {
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void =>
        reject(listenError(cause, host, port));
      this.#server.once("error", onError);
      this.#server.listen({ host, port, backlog: 511 }, () => {
        this.#server.off("error", onError);
        resolve();
      });
    });
    return this.#server.address() as AddressInfo;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    for (const socket of this.#knocking) socket.destroy();
    await closed;
  }

  #onKnock(socket: Duplex): void {
    this.#knocking.add(socket);
    socket.once("close", () => this.#knocking.delete(socket));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    // A socket that breaks while we answer is the other side's affair.
    response.on("error", () => this.#drops.add("http-response-broken"));
    const handler = this.#find(this.#routes.requests, pathOf(request));
    if (handler === undefined) {
      answerText(response, 404, "not found\n");
      return;
    }
    handler(request, response);
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => this.#drops.add("upgrade-broken"));
    const handler = this.#routes.upgrades.get(pathOf(request));
    if (handler === undefined) {
      this.#drops.add("upgrade-unknown-path");
      socket.destroy();
      return;
    }
    handler(request, socket, head);
  }

  #find(routes: ReadonlyMap<string, RequestHandler>, path: string): RequestHandler | undefined {
    const exact = routes.get(path);
    if (exact !== undefined) return exact;
    const end = path.indexOf("/", 1);
    return end < 0 ? undefined : routes.get(path.slice(0, end + 1));
  }
}

export function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "/";
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

export function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    "content-type": "text/plain; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): QuorateError {
  if (cause.code === "EADDRINUSE") {
    return new QuorateError(
      "PORT_IN_USE",
      `${host}:${port} is in use by another process`,
      "stop that process, or give this replica another port in cluster.json",
      { cause },
    );
  }
  return new QuorateError(
    "PORT_UNUSABLE",
    `cannot listen on ${host}:${port}: ${cause.message}`,
    "the address in cluster.json must be one of this machine's",
    { cause },
  );
}
