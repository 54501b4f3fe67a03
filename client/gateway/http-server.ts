import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { isIP } from "node:net";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Registry } from "prom-client";
import type { Access } from "./access/access.ts";
import { isLoopback } from "./access/plain-text.ts";
import type { TlsIdentity } from "./access/tls-identity.ts";
import { answerJson, answerText } from "./answer.ts";
import { API_PREFIX, handleApi } from "./api/api-handler.ts";
import { ConnectionGuard } from "./connection-guard.ts";
import { BodyWatch } from "./body-watch.ts";
import { handleAtDoor } from "./door-handler.ts";
import type { DoorTable } from "./doors/door-table.ts";
import { FEED_PATH } from "./feed/feed-door.ts";
import type { FeedDoor } from "./feed/feed-door.ts";
import type { Gateway } from "./gateway.ts";
import { ReadTurns } from "./read-turns.ts";
import { answerStartPage } from "./start-page.ts";
import * as limits from "./limits.ts";
import { listenError } from "./listen-error.ts";

export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Tests only: how often slow bodies are looked for. */
  readonly bodySweepMs?: number | undefined;
  readonly connectionCountMax?: number | undefined;
  /** Undefined: plain text. */
  readonly tls?: TlsIdentity | undefined;
  readonly headerMsMax?: number | undefined;
}

export interface HttpParts {
  readonly gateway: Gateway;
  readonly doors: DoorTable;
  readonly registry: Registry;
  readonly access: Access;
  readonly feed: FeedDoor;
}

export interface ListeningServer {
  readonly port: number;
  close(): Promise<void>;
}

/** @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
export async function startHttpServer(
  options: HttpOptions,
  parts: HttpParts,
): Promise<ListeningServer> {
  const watch = new BodyWatch(parts.gateway.counts, { sweepMs: options.bodySweepMs });
  const countMax = options.connectionCountMax ?? limits.CONNECTION_COUNT_MAX;
  const guard = new ConnectionGuard(countMax, parts.gateway.counts);
  const turns = new ReadTurns();
  const mayAnswer = hostRule(options.host);
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    if (!mayAnswer(request.headers.host)) {
      parts.gateway.counts.cutOff("foreign-host");
      return answerText(response, 421, "this gateway answers to its own address only\n");
    }
    turns.heard(request);
    const waitsForPeer = (): boolean => !request.complete || response.writableLength > 0;
    response.once("close", guard.heard(request.socket, waitsForPeer));
    dispatch(parts, watch, request, response);
  };
  const bounds = {
    maxHeaderSize: limits.HEADER_BYTES_MAX,
    headersTimeout: options.headerMsMax ?? limits.HEADER_MS_MAX,
    requestTimeout: 0,
    keepAliveTimeout: limits.SOCKET_IDLE_MS_MAX,
    connectionsCheckingInterval: limits.HEADER_SWEEP_MS,
  };
  const { tls } = options;
  const server =
    tls === undefined
      ? createServer(bounds, handle)
      : createSecureServer({ ...bounds, ...tls, handshakeTimeout: bounds.headersTimeout }, handle);
  server.on("connection", (socket: Socket) => void guard.opened(socket));
  // The one that requests name: what lies below TLS is not read by us.
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    if (!socket.destroyed) turns.opened(socket);
  });
  server.timeout = limits.SOCKET_IDLE_MS_MAX;
  server.on("checkContinue", handle);
  server.on("clientError", (error, socket) => refuse(parts.gateway, error, socket));
  server.on("upgrade", (request, socket, head: Buffer) => {
    socket.on("error", () => socket.destroy());
    turns.forget(request.socket);
    if (!mayAnswer(request.headers.host) || request.url !== FEED_PATH) {
      socket.destroy();
      return;
    }
    // Who listens is silent, and still no idle connection.
    guard.heard(request.socket);
    parts.feed.accept(parts.access, { request, socket, head });
  });
  server.on("connect", (_request, socket) => socket.destroy());
  const port = await listen(server, options);
  return {
    port,
    async close() {
      watch.close();
      turns.close();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), limits.CLOSE_MS_MAX);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** Any other may have one, and its pace is watched. */
const WITHOUT_BODY: ReadonlySet<string> = new Set(["GET", "HEAD", "DELETE"]);

function dispatch(
  parts: HttpParts,
  watch: BodyWatch,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { gateway, doors, access } = parts;
  const { authorization } = request.headers;
  const url = request.url as string;
  if (!WITHOUT_BODY.has(request.method as string)) watch.add(request);
  const place = doors.find(url);
  if (place !== undefined) {
    const view = access.view(place.door.id, authorization, request.socket.remoteAddress ?? "");
    return handleAtDoor(place, view, request, response);
  }
  for (const door of doors.doors) {
    if (door.aside?.(request, response, access.view(door.id, authorization)) === true) return;
  }
  if (url === "/") return answerStartPage(doors.doors, request, response);
  if (url.startsWith(API_PREFIX)) {
    return handleApi(gateway, access.rights("api", authorization), request, response);
  }
  if (url === "/healthz") return answerText(response, 200, "ok\n");
  if (url === "/readyz") return answerReady(gateway, response);
  // How much is asked for, by all, is for those who are known.
  const isStranger = access.rights("metrics", authorization)?.isKnown === false;
  if (url === "/metrics" && isStranger) return answerText(response, 401, "a token is needed\n");
  if (url === "/metrics") return answerMetrics(parts.registry, response);
  answerText(response, 404, "no such path\n");
}

/** Ready is a gateway that can answer tools; without its cluster it answers misses only. */
function answerReady(gateway: Gateway, response: ServerResponse): void {
  const ready = gateway.settings.local || gateway.isReachable();
  answerJson(response, ready ? 200 : 503, { ready, trouble: gateway.trouble ?? null });
}

function answerMetrics(registry: Registry, response: ServerResponse): void {
  registry.metrics().then(
    (text) => {
      const body = Buffer.from(text);
      response.writeHead(200, {
        "Content-Type": registry.contentType,
        "Content-Length": body.length,
      });
      response.end(body);
    },
    () => response.destroy(),
  );
}

/** Garbage, headers that are too large, too slow or half-sent: a short answer, then the end. */
function refuse(gateway: Gateway, error: Error, socket: Duplex): void {
  const { code } = error as { readonly code?: string };
  gateway.counts.cutOff(code === "ERR_HTTP_REQUEST_TIMEOUT" ? "slow-header" : "malformed-request");
  if (!socket.writable || code === "ECONNRESET") {
    socket.destroy();
    return;
  }
  const status =
    code === "HPE_HEADER_OVERFLOW" ? "431 Request Header Fields Too Large" : "400 Bad Request";
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

/**
 * A gateway on loopback trusts whoever can reach it, and a web page can: by a name of its own that
 * resolves to 127.0.0.1. So on loopback only addresses and `localhost` are answered to.
 */
function hostRule(host: string): (header: string | undefined) => boolean {
  if (!isLoopback(host)) return () => true;
  const known = new Set<string>();
  return (header) => {
    if (header === undefined || known.has(header)) return true;
    const name = hostName(header);
    if (name !== "localhost" && isIP(name) === 0) return false;
    if (known.size < 64) known.add(header);
    return true;
  };
}

function hostName(header: string): string {
  if (header.startsWith("[")) return header.slice(1, Math.max(1, header.indexOf("]")));
  const colon = header.lastIndexOf(":");
  return colon < 0 ? header : header.slice(0, colon);
}

function listen(server: Server, { host, port }: HttpOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(error, host, port)));
    server.listen({ host, port, backlog: 512 }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}
