import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { equalBytes } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { KnownTheories } from "../../../proof/frame/known-theories.ts";
import { keyOfObligation } from "../../../proof/frame/obligation.ts";
import type { Theory } from "../../../proof/frame/theory.ts";
import { listenError } from "../../gateway/listen-error.ts";
import type { Signer } from "../../types.ts";
import { judgeRecord } from "../kernel/kernel.ts";
import type { ProofFolder } from "../local/proof-folder.ts";
import { encodeRecord, isRecordPermitted } from "../proof-record.ts";
import { ANNOUNCE_PATH, QUERY_PATH, THEORY_UNKNOWN, tellPeer } from "./ask-peer.ts";
import type { KnownPeers } from "./known-peers.ts";
import * as limits from "./limits.ts";
import { decodeAnnouncement, decodeQuery } from "./peer-message.ts";
import { encodeAnnouncement, encodeProofMessage } from "./peer-message.ts";
import { PeerSource } from "./peer-source.ts";

export interface PeerServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Whose key signs announcements; undefined: none are made. */
  readonly signer: Signer | undefined;
}

const OK = 200;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const BUSY = 503;

/**
 * A gateway among gateways: answers QUERY for a key with PROOF from its own store, from axioms that
 * the asker permits, or none. Asked with a hop left it asks its peers; what they send is judged here before it is kept or handed on.
 */
export class PeerServer {
  readonly #server: Server;
  readonly #folder: ProofFolder;
  readonly #peers: KnownPeers;
  readonly #theories = new KnownTheories(nodeCrypto.hash);
  readonly #options: PeerServerOptions;
  readonly #ends = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #answering = 0;
  #forwarding = 0;
  readonly counts = { asked: 0, answered: 0, forwarded: 0, refused: 0, malformed: 0, busy: 0 };

  private constructor(options: PeerServerOptions, folder: ProofFolder, peers: KnownPeers) {
    this.#options = options;
    this.#folder = folder;
    this.#peers = peers;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.maxConnections = limits.PEER_CONNECTIONS_MAX;
    this.#server.headersTimeout = limits.PEER_IDLE_MS_MAX;
    this.#server.requestTimeout = limits.PEER_IDLE_MS_MAX;
    this.#server.setTimeout(limits.PEER_IDLE_MS_MAX);
  }

  /** @throws QuorateError PORT_IN_USE, PORT_UNUSABLE */
  static async start(
    options: PeerServerOptions,
    folder: ProofFolder,
    peers: KnownPeers,
  ): Promise<PeerServer> {
    const server = new PeerServer(options, folder, peers);
    await server.#listen();
    server.#announce();
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#ends.abort();
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => void this.#server.close(() => resolve()));
  }

  #listen(): Promise<void> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => reject(listenError(error, host, port)));
      this.#server.listen(port, host, () => resolve());
    });
  }

  #announce(): void {
    const { signer } = this.#options;
    if (signer === undefined) return;
    const tell = (): void => {
      const announcement = encodeAnnouncement(signer, this.port, Date.now());
      for (const peer of this.#peers.list()) {
        tellPeer(peer, announcement, this.#ends.signal).catch(() => undefined);
      }
    };
    tell();
    this.#timer = setInterval(tell, limits.ANNOUNCE_EVERY_MS);
    this.#timer.unref();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => undefined);
    try {
      const isQuery = request.url === QUERY_PATH;
      const bound = isQuery ? limits.QUERY_BYTES_MAX : limits.ANNOUNCEMENT_BYTES_MAX;
      const body = await readBody(request, bound);
      if (body === undefined) this.#end(response, BAD_REQUEST);
      else if (isQuery) await this.#query(body, response);
      else if (request.url === ANNOUNCE_PATH) {
        this.#take(body, request.socket.remoteAddress, response);
      } else response.writeHead(NOT_FOUND).end();
    } catch {
      response.destroy();
    }
  }

  async #query(body: Uint8Array, response: ServerResponse): Promise<void> {
    const query = decodeQuery(body);
    if (query === undefined) return this.#end(response, BAD_REQUEST);
    const theory = this.#theories.meantBy(query.theory);
    if (theory === "unknown") {
      response.writeHead(THEORY_UNKNOWN).end();
      return;
    }
    const permitted = theory === "any" ? undefined : theory;
    if (this.#answering >= limits.QUERIES_AT_ONCE_MAX) {
      this.counts.busy++;
      return this.#end(response, BUSY);
    }
    this.counts.asked++;
    this.#answering++;
    try {
      const own = this.#folder.first(query.key, permitted);
      const isLast = own !== undefined || query.hops === 0;
      const record = isLast ? own : await this.#forward(query.key, permitted);
      if (record !== undefined) this.counts.answered++;
      response.writeHead(OK).end(encodeProofMessage(record));
    } finally {
      this.#answering--;
    }
  }

  async #forward(key: Hash, theory: Theory | undefined): Promise<Uint8Array | undefined> {
    if (this.#forwarding >= limits.FORWARDS_AT_ONCE_MAX) return undefined;
    this.#forwarding++;
    try {
      const source = new PeerSource(() => this.#peers.list(), 0);
      const { signal } = this.#ends;
      for await (const { record } of source.records(key, signal, theory)) {
        const { obligation } = record;
        const isAsked = equalBytes(keyOfObligation(nodeCrypto.hash, obligation), key);
        const judgement = isAsked ? await judgeRecord(obligation, record, signal) : undefined;
        const isPermitted = theory === undefined || isRecordPermitted(record, theory);
        if (judgement?.status !== "accept" || !isPermitted) {
          this.counts.refused++;
          continue;
        }
        this.counts.forwarded++;
        // What it rests on was not looked at here: another's word of that is not kept.
        this.#folder.put({ ...record, axioms: undefined });
        return encodeRecord(record);
      }
      return undefined;
    } finally {
      this.#forwarding--;
    }
  }

  #take(body: Uint8Array, host: string | undefined, response: ServerResponse): void {
    const announcement = decodeAnnouncement(body);
    if (announcement === undefined || host === undefined) return this.#end(response, BAD_REQUEST);
    this.#peers.announce(announcement, host);
    response.writeHead(OK).end();
  }

  #end(response: ServerResponse, status: number): void {
    if (status === BAD_REQUEST) this.counts.malformed++;
    response.writeHead(status, { connection: "close" }).end();
  }
}

/** Undefined: not a POST, or longer than any message. */
async function readBody(
  request: IncomingMessage,
  bytesMax: number,
): Promise<Uint8Array | undefined> {
  if (request.method !== "POST") return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > bytesMax) return undefined;
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
