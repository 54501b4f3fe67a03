import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { RawData } from "ws";
import { decodeFrame, encodeFrame } from "../../consensus/wire/frame.ts";
import type { FrameKind } from "../../consensus/wire/frame.ts";
import { SOCKET_BUFFER_BYTES_MAX } from "../limits.ts";
import { SendQueue } from "./send-queue.ts";

export interface FrameSocketOptions {
  readonly queueBytesMax: number;
  /** A full queue drops its oldest frame, or ends the connection. */
  readonly whenFull: "drop" | "cut";
  readonly pingMs: number;
  readonly silenceMsMax: number;
}

export interface FrameSocketEvents {
  onFrame(kind: FrameKind, body: Uint8Array): void;
  /** Once; `reason` is a metric's label. */
  onClosed(reason: string): void;
  onDropped(kind: FrameKind): void;
}

/**
 * One WebSocket that carries frames. All frames of a turn leave in one write; what the kernel does
 * not take waits in a bounded queue; a socket on which nothing arrives is pinged and then cut.
 */
export class FrameSocket {
  readonly #socket: WebSocket;
  readonly #raw: Duplex;
  readonly #options: FrameSocketOptions;
  readonly #queue: SendQueue;
  #events: FrameSocketEvents;
  #corked = false;
  /** Something arrived since the last sweep; the sweep alone reads the clock. */
  #heard = true;
  #heardMs: number;
  #closed = false;
  #reason = "closed-by-other-side";

  constructor(
    socket: WebSocket,
    raw: Duplex,
    options: FrameSocketOptions,
    events: FrameSocketEvents,
    nowMs: number,
  ) {
    this.#socket = socket;
    this.#raw = raw;
    this.#options = options;
    this.#events = events;
    this.#heardMs = nowMs;
    this.#queue = new SendQueue(options.queueBytesMax, (kind) => this.#overflow(kind));
    socket.on("message", (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on("pong", () => {
      this.#heard = true;
    });
    socket.on("ping", () => {
      this.#heard = true;
    });
    socket.on("error", () => this.close("socket-error"));
    socket.on("close", () => this.#finish());
    raw.on("drain", () => this.#pump());
  }

  get queuedCount(): number {
    return this.#queue.count;
  }

  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get open(): boolean {
    return !this.#closed;
  }

  /** After a handshake the same socket speaks to somebody else. */
  handOver(events: FrameSocketEvents): void {
    this.#events = events;
  }

  send(kind: FrameKind, body: Uint8Array): void {
    this.sendEncoded(kind, encodeFrame(kind, body));
  }

  /** `bytes` starts with the kind: encoded once, sent to many. */
  sendEncoded(kind: FrameKind, bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#queue.count > 0 || this.#raw.writableLength > SOCKET_BUFFER_BYTES_MAX) {
      this.#queue.push({ kind, bytes });
      return;
    }
    this.#write(bytes);
  }

  /** Called about every second by the owner. */
  sweep(nowMs: number): void {
    if (this.#heard) {
      this.#heard = false;
      this.#heardMs = nowMs;
      return;
    }
    const silentMs = nowMs - this.#heardMs;
    if (silentMs > this.#options.silenceMsMax) this.close("silent");
    else if (silentMs >= this.#options.pingMs && this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.ping();
    }
  }

  /** At once: a polite closing handshake would wait for a side that may be dead or hostile. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#reason = reason;
    this.#socket.terminate();
    this.#finish();
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (this.#closed) return;
    this.#heard = true;
    if (!isBinary || !(data instanceof Uint8Array)) {
      this.close("frame-not-binary");
      return;
    }
    const frame = decodeFrame(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (frame === undefined) {
      this.close("frame-unknown");
      return;
    }
    this.#events.onFrame(frame.kind, frame.body);
  }

  #write(bytes: Uint8Array): void {
    if (!this.#corked) {
      this.#corked = true;
      this.#raw.cork();
      process.nextTick(() => {
        this.#corked = false;
        this.#raw.uncork();
      });
    }
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  #pump(): void {
    while (!this.#closed && this.#raw.writableLength <= SOCKET_BUFFER_BYTES_MAX) {
      const frame = this.#queue.shift();
      if (frame === undefined) return;
      this.#write(frame.bytes);
    }
  }

  #overflow(kind: FrameKind): void {
    this.#events.onDropped(kind);
    if (this.#options.whenFull === "cut") this.close("slow-consumer");
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const frame of this.#queue.drain()) this.#events.onDropped(frame.kind);
    this.#events.onClosed(this.#reason);
  }
}
