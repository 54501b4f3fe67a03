import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { QuorateError } from "../../base/quorate-error.ts";
import {
  HTTP_HEADER_BYTES_MAX,
  HTTP_HEADERS_MS_MAX,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_MS_MAX,
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

/** The one port of a replica: health, metrics, blobs, and the upgrades of peers and clients. */
export class HttpServer {
  readonly #server: Server;
  readonly #routes: HttpRoutes;
  readonly #drops: Tally;

  constructor(routes: HttpRoutes, drops: Tally) {
    this.#routes = routes;
    this.#drops = drops;
    this.#server = createServer(
      {
        maxHeaderSize: HTTP_HEADER_BYTES_MAX,
        headersTimeout: HTTP_HEADERS_MS_MAX,
        requestTimeout: HTTP_REQUEST_MS_MAX,
        keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
        connectionsCheckingInterval: 2_000,
        noDelay: true,
      },
      (request, response) => this.#onRequest(request, response),
    );
    this.#server.maxRequestsPerSocket = 0;
    limitConnections(this.#server, drops);
    this.#server.on("upgrade", (request, socket, head) => this.#onUpgrade(request, socket, head));
    this.#server.on("clientError", (_error, socket) => {
      drops.add("http-malformed");
      socket.destroy();
    });
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
    await closed;
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
