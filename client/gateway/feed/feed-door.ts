import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { encodeRecordingHeader } from "../../../base/journal/recording-format.ts";
import type { Access } from "../access/access.ts";
import { FEED_SUBSCRIBER_BYTES_MAX, FEED_SUBSCRIBER_COUNT_MAX } from "../limits.ts";
import type { FeedAudience } from "./request-feed.ts";

export const FEED_PATH = "/journal";

/** A subscriber says nothing; what it says is dropped unread. */
const SAID_BYTES_MAX = 1024;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/u;

interface Subscriber {
  readonly socket: WebSocket;
  /** Events that it missed since it was last told. */
  missed: number;
}

/**
 * Where collectors listen to a gateway, as they do to a replica: binary messages are a recording
 * from now on, and `{"missed":N}` says what a slow subscriber lost. Nobody waits for one.
 */
export class FeedDoor implements FeedAudience {
  readonly #header = encodeRecordingHeader({
    ...{ origin: "live", title: "gateway", memberCount: 0, faultyMax: 0 },
    ...{ names: [], seed: undefined },
  });
  readonly #server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: SAID_BYTES_MAX,
  });
  readonly #subscribers = new Set<Subscriber>();

  get count(): number {
    return this.#subscribers.size;
  }

  /** An HTTP upgrade to {@link FEED_PATH}. */
  accept(
    access: Access,
    { request, socket, head }: { request: IncomingMessage; socket: Duplex; head: Buffer },
  ): void {
    if (!mayListen(access, request)) refuse(socket, "403 Forbidden");
    else if (this.#subscribers.size >= FEED_SUBSCRIBER_COUNT_MAX) {
      refuse(socket, "503 Service Unavailable");
    } else this.#server.handleUpgrade(request, socket, head, (opened) => this.#subscribe(opened));
  }

  publish(block: Uint8Array, eventCount: number): void {
    for (const subscriber of this.#subscribers) {
      const { socket } = subscriber;
      if (socket.bufferedAmount + block.length > FEED_SUBSCRIBER_BYTES_MAX) {
        subscriber.missed += eventCount;
        continue;
      }
      if (subscriber.missed > 0) socket.send(JSON.stringify({ missed: subscriber.missed }));
      subscriber.missed = 0;
      socket.send(block, { binary: true });
    }
  }

  close(): void {
    for (const { socket } of this.#subscribers) socket.terminate();
    this.#server.close();
  }

  #subscribe(socket: WebSocket): void {
    const subscriber: Subscriber = { socket, missed: 0 };
    this.#subscribers.add(subscriber);
    socket.on("error", () => socket.terminate());
    socket.on("close", () => this.#subscribers.delete(subscriber));
    socket.send(this.#header, { binary: true });
  }
}

/**
 * Programs of this machine, or, where tokens tell callers apart, those who are known. A page in a
 * browser can make it connect to this machine, and names itself: it may not.
 */
function mayListen(access: Access, { headers, socket }: IncomingMessage): boolean {
  if (headers.origin !== undefined) return false;
  const rights = access.rights("metrics", headers.authorization);
  if (rights !== undefined) return rights.isKnown;
  return LOOPBACK.test(socket.remoteAddress ?? "");
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
