import type { FrameKind } from "../../consensus/wire/frame.ts";
import {
  CLIENT_FRAMES_BURST,
  CLIENT_FRAMES_PER_SECOND,
  CLIENT_IN_FLIGHT_MAX,
  CLIENT_VERIFICATIONS_BURST,
  CLIENT_VERIFICATIONS_PER_SECOND,
} from "../limits.ts";
import type { FrameSocket } from "../transport/frame-socket.ts";
import { TokenBucket } from "../../base/token-bucket.ts";

/** The body that leaves instead; of a liar in a test (node/disguise.ts). */
export type ClientDisguise = (kind: FrameKind, body: Uint8Array) => Uint8Array;

/** Answers to what is over budget: for a client's sets in flight ten times over, and for no flood. */
const REFUSALS = { perSecond: 500, burst: 500 };

/**
 * One client that has seen our proof. What it may cost is bounded here: frames and signature
 * checks a second, requests without an answer, bytes that wait for it to read.
 */
export class ClientConnection {
  readonly #socket: FrameSocket;
  readonly #frames: TokenBucket;
  readonly #verifications: TokenBucket;
  readonly #refusals: TokenBucket;
  readonly #disguise: ClientDisguise | undefined;
  #inFlight = 0;
  #onClosed: (() => void)[] = [];

  constructor(socket: FrameSocket, nowMs: number, disguise?: ClientDisguise) {
    this.#socket = socket;
    this.#disguise = disguise;
    this.#frames = new TokenBucket(
      { perSecond: CLIENT_FRAMES_PER_SECOND, burst: CLIENT_FRAMES_BURST },
      nowMs,
    );
    this.#verifications = new TokenBucket(
      { perSecond: CLIENT_VERIFICATIONS_PER_SECOND, burst: CLIENT_VERIFICATIONS_BURST },
      nowMs,
    );
    this.#refusals = new TokenBucket(REFUSALS, nowMs);
  }

  /** False: it has been told often enough that it asks for too much. */
  takeRefusal(nowMs: number): boolean {
    return this.#refusals.take(1, nowMs);
  }

  get open(): boolean {
    return this.#socket.open;
  }

  takeFrame(nowMs: number): boolean {
    return this.#frames.take(1, nowMs);
  }

  takeVerification(nowMs: number): boolean {
    return this.#verifications.take(1, nowMs);
  }

  /** False: this client has too many requests without an answer. */
  begin(): boolean {
    if (this.#inFlight >= CLIENT_IN_FLIGHT_MAX) return false;
    this.#inFlight++;
    return true;
  }

  /** The last word on a request that was begun. */
  finish(kind: FrameKind, body: Uint8Array): void {
    this.#inFlight--;
    this.send(kind, body);
  }

  /** A request that was begun will never be answered. */
  abandon(): void {
    this.#inFlight--;
  }

  /** A word in between, or one that nobody asked for. */
  send(kind: FrameKind, body: Uint8Array): void {
    this.#socket.send(kind, this.#disguise?.(kind, body) ?? body);
  }

  /** `bytes` starts with the kind: encoded once, sent to many. */
  sendEncoded(kind: FrameKind, bytes: Uint8Array): void {
    if (this.#disguise === undefined) this.#socket.sendEncoded(kind, bytes);
    else this.send(kind, bytes.subarray(1));
  }

  /** It has not read what it was sent. */
  get backlogged(): boolean {
    return this.#socket.queuedCount > 0;
  }

  cut(reason: string): void {
    this.#socket.close(reason);
  }

  onClosed(listener: () => void): void {
    this.#onClosed.push(listener);
  }

  closed(): void {
    const listeners = this.#onClosed;
    this.#onClosed = [];
    for (const listener of listeners) listener();
  }
}
