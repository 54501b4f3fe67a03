import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { WebSocketServer } from "ws";
import { QuorateError } from "../../base/quorate-error.ts";
import { isLoopback } from "../../client/gateway/access/plain-text.ts";
import type { EntryAnswers } from "./entry-answers.ts";
import type { LiveHub } from "./live-hub.ts";
import { RECORDING_PATH, answerRecording } from "./recording-answers.ts";
import type { StaticSite } from "./static-site.ts";

export interface ViewerServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** A recording that `/recording/NAME` serves. */
  readonly file?: string;
  /** Asked for as `?token=` of whatever is looked at, when the page may be reached from elsewhere. */
  readonly token?: string;
  /** Answers `/entry/NAMESPACE/KEY`; a recording has no cluster that could. */
  readonly entries?: EntryAnswers;
}

/** A page's own messages are a few bytes; more is no viewer. */
const MESSAGE_BYTES_MAX = 1024;
const VIEWER_COUNT_MAX = 32;

const FOREIGN_NAME =
  "ask for this page as localhost, or serve it to others with --host, which gives it a token\n";

/** The viewer's page, and what it looks at: a recording's bytes, or a live feed. Read-only. */
export class ViewerServer {
  readonly #options: ViewerServerOptions;
  readonly #site: StaticSite;
  readonly #hub: LiveHub | undefined;
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MESSAGE_BYTES_MAX,
  });

  constructor(options: ViewerServerOptions, site: StaticSite, hub: LiveHub | undefined) {
    this.#options = options;
    this.#site = site;
    this.#hub = hub;
    this.#server = createServer((request, response) => void this.#onRequest(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      if (!this.#mayWatch(request)) {
        socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (viewer) => this.#hub?.add(viewer));
    });
  }

  /** @throws QuorateError PORT_IN_USE */
  async listen(): Promise<string> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", (cause: NodeJS.ErrnoException) => {
        reject(listenError(cause, host, port));
      });
      this.#server.listen(port, host, resolve);
    });
    const { port: chosen } = this.#server.address() as AddressInfo;
    return `http://${isIPv6(host) ? `[${host}]` : host}:${chosen}/${this.#search()}`;
  }

  async close(): Promise<void> {
    for (const viewer of this.#sockets.clients) viewer.terminate();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  #search(): string {
    const { file, token } = this.#options;
    const what =
      file === undefined ? "live" : `file=recording/${encodeURIComponent(basename(file))}`;
    return token === undefined ? `?${what}` : `?${what}&token=${token}`;
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405).end();
      return;
    }
    if (!this.#isCalledByName(request)) {
      response.writeHead(403, { "content-type": "text/plain" }).end(FOREIGN_NAME);
      return;
    }
    const { pathname, searchParams } = targetOf(request);
    if (this.#site.answer(pathname, request, response)) return;
    const isKnown = this.#isKnown(searchParams);
    if (RECORDING_PATH.test(pathname) && isKnown) {
      // A disk that cannot be read breaks off what was begun.
      await answerRecording(this.#options.file, request, response).catch(() => response.destroy());
    } else if (pathname.startsWith("/entry/") && isKnown)
      await this.#answerEntry(pathname, response);
    else response.writeHead(404, { "content-type": "text/plain" }).end("not found\n");
  }

  /** JSON, which pages of other sites may ask for and cannot read. */
  async #answerEntry(pathname: string, response: ServerResponse): Promise<void> {
    const [namespace = "", key = ""] = pathname.split("/").slice(2);
    const none = { status: 404, body: { why: "no cluster is looked at" } } as const;
    const reply = (await this.#options.entries?.answer(namespace, key)) ?? none;
    response.writeHead(reply.status, {
      "content-type": "application/json",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    });
    response.end(JSON.stringify(reply.body));
  }

  #isKnown(asked: URLSearchParams): boolean {
    const { token } = this.#options;
    return token === undefined || asked.get("token") === token;
  }

  /**
   * Where no token is asked, only by this machine's own names: another site's name that was led
   * here would make us that site, and its pages could read everything.
   */
  #isCalledByName({ headers: { host = "" } }: IncomingMessage): boolean {
    const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    return this.#options.token !== undefined || isLoopback(name);
  }

  /** Pages of other sites can open sockets to this machine: only our own page may. */
  #mayWatch(request: IncomingMessage): boolean {
    const { pathname, searchParams } = targetOf(request);
    const { origin, host } = request.headers;
    if (pathname !== "/live" || this.#hub === undefined) return false;
    if (!this.#isCalledByName(request)) return false;
    if (this.#sockets.clients.size >= VIEWER_COUNT_MAX) return false;
    if (origin !== undefined && origin !== `http://${host}`) return false;
    return this.#isKnown(searchParams);
  }
}

/** Whoever asks may ask for "//", which is no address, and so for nothing that there is. */
function targetOf({ url = "/" }: IncomingMessage): URL {
  return new URL(URL.canParse(url, "http://viewer") ? url : "/not-found", "http://viewer");
}

function listenError(cause: NodeJS.ErrnoException, host: string, port: number): QuorateError {
  if (cause.code === "EADDRINUSE") {
    return new QuorateError(
      "PORT_IN_USE",
      `${host}:${port} is in use by another process`,
      "choose another one with --port, or 0 for a free one",
      { cause },
    );
  }
  return new QuorateError(
    "PORT_UNUSABLE",
    `cannot listen on ${host}:${port}: ${cause.message}`,
    "the address must be one of this machine's",
    { cause },
  );
}
