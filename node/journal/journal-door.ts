import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import type { Tally } from "../metrics/tally.ts";
import { serverOptions } from "../transport/web-socket-options.ts";
import {
  JOURNAL_GOODBYE_MS_MAX,
  JOURNAL_SUBSCRIBER_BYTES_MAX,
  JOURNAL_SUBSCRIBER_COUNT_MAX,
} from "./limits.ts";
import { mayRead } from "./may-read.ts";

/** A subscriber says nothing; what it says is dropped unread. */
const SAID_BYTES_MAX = 1024;

/** WebSocket's own code. */
const GOING_AWAY = 1001;

/** The same process goes on in the next configuration, with a journal under the same address. */
export const EPOCH_OVER = "epoch over";

interface Subscriber {
  readonly socket: WebSocket;
  /** Events that it missed since it was last told. */
  missed: number;
}

/**
 * Where collectors listen: `/journal`. Binary messages are the recording, as it would stand in a
 * file: the header first, then blocks as they are closed. A subscriber that is slower than its
 * bound misses blocks and nobody waits for it; it is told by a text message, `{"missed":N}`.
 */
export class JournalDoor {
  readonly #header: Uint8Array;
  readonly #token: string | undefined;
  readonly #drops: Tally;
  readonly #server = new WebSocketServer(serverOptions(SAID_BYTES_MAX));
  readonly #subscribers = new Map<WebSocket, Subscriber>();
  #closed = false;
  /** Told when the first subscriber comes, or another one. */
  onSubscribed: () => void = () => undefined;

  constructor(
    options: { readonly header: Uint8Array; readonly token: string | undefined },
    drops: Tally,
  ) {
    this.#header = options.header;
    this.#token = options.token;
    this.#drops = drops;
  }

  get count(): number {
    return this.#subscribers.size;
  }

  /** An HTTP upgrade to `/journal`. */
  accept(request: IncomingMessage, raw: Duplex, head: Buffer): void {
    if (!mayRead(request, this.#token)) {
      this.#drops.add("journal-reader-refused");
      raw.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    // What is published from now on would not reach it, and nobody would tell it that it ends.
    if (this.#closed) {
      raw.destroy();
      return;
    }
    if (this.#subscribers.size >= JOURNAL_SUBSCRIBER_COUNT_MAX) {
      this.#drops.add("journal-readers-too-many");
      raw.end("HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    this.#server.handleUpgrade(request, raw, head, (socket) => this.#subscribe(socket));
  }

  publish(block: Uint8Array, eventCount: number): void {
    for (const subscriber of this.#subscribers.values()) {
      const { socket } = subscriber;
      if (socket.bufferedAmount > JOURNAL_SUBSCRIBER_BYTES_MAX) {
        subscriber.missed += eventCount;
        this.#drops.add("journal-reader-slow", eventCount);
        continue;
      }
      if (subscriber.missed > 0) {
        socket.send(JSON.stringify({ missed: subscriber.missed }));
        subscriber.missed = 0;
      }
      socket.send(block, { binary: true });
    }
  }

  /**
   * Nothing follows: who reads learns so behind what was published before. `why` tells an end that
   * is none of the process ({@link EPOCH_OVER}) from one that is.
   */
  async close(why = "stopped"): Promise<void> {
    this.#closed = true;
    const sockets = [...this.#subscribers.keys()];
    const ended = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    for (const socket of sockets) socket.close(GOING_AWAY, why);
    const timer = setTimeout(() => {
      for (const socket of sockets) socket.terminate();
    }, JOURNAL_GOODBYE_MS_MAX);
    await Promise.all(ended);
    clearTimeout(timer);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #subscribe(socket: WebSocket): void {
    this.#subscribers.set(socket, { socket, missed: 0 });
    socket.on("error", () => socket.terminate());
    socket.on("close", () => this.#subscribers.delete(socket));
    socket.send(this.#header, { binary: true });
    this.onSubscribed();
  }
}
