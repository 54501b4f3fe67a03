import type { Socket } from "node:net";
import type { ConnectionGuard } from "../../connection-guard.ts";
import type { Counts } from "../../counts.ts";
import { BODY_BYTES_PER_SECOND_MIN, BODY_SWEEP_MS, GRPC_HELD_BYTES_MAX } from "../../limits.ts";

/** How often it is looked how much lies here in messages that are not whole. */
const SWEEP_MS = 100;
/** Of a call's headers and frames, which are no message: taken for delivered with it. */
const OVERHEAD_BYTES = 16 * 1024;

interface Account {
  /** Bytes read from the socket that have become messages. */
  delivered: number;
  /** Uploads that wait for their next message. */
  uploads: number;
  /** What was read at the last look at its pace. */
  read: number;
}

/**
 * Messages that do not become whole: gRPC's library holds each until it is, up to the bound of one,
 * for every call of every connection. Here all of them together have a bound, beyond which the
 * connection that holds most is ended; so is one whose upload does not come.
 */
export class HeldBytes {
  readonly #guard: ConnectionGuard;
  readonly #counts: Counts;
  readonly #accounts = new WeakMap<Socket, Account>();
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #bytesMax: number;
  readonly #bytesMin: number;

  constructor(
    guard: ConnectionGuard,
    counts: Counts,
    bounds: { readonly bytesMax?: number | undefined; readonly paceMs?: number | undefined } = {},
  ) {
    this.#guard = guard;
    this.#counts = counts;
    this.#bytesMax = bounds.bytesMax ?? GRPC_HELD_BYTES_MAX;
    const paceMs = bounds.paceMs ?? BODY_SWEEP_MS;
    this.#bytesMin = (BODY_BYTES_PER_SECOND_MIN * paceMs) / 1000;
    this.#timers = [
      setInterval(() => this.#bound(), SWEEP_MS).unref(),
      setInterval(() => this.#pace(), paceMs).unref(),
    ];
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  /** A whole message came from there. */
  delivered(peer: string, size: number): void {
    const socket = this.#guard.socketOf(peer);
    if (socket === undefined) return;
    const account = this.#account(socket);
    // Never more than was read: what one call leaves over is no credit for the next.
    account.delivered = Math.min(socket.bytesRead, account.delivered + size + OVERHEAD_BYTES);
  }

  /** An upload waits for more; answers what is to be called when it does no longer. */
  awaits(peer: string): () => void {
    const socket = this.#guard.socketOf(peer);
    if (socket === undefined) return () => undefined;
    const account = this.#account(socket);
    account.uploads++;
    return () => void account.uploads--;
  }

  #account(socket: Socket): Account {
    const known = this.#accounts.get(socket);
    if (known !== undefined) return known;
    const account = { delivered: 0, uploads: 0, read: 0 };
    this.#accounts.set(socket, account);
    return account;
  }

  #bound(): void {
    let held = 0;
    let most: { readonly socket: Socket; readonly bytes: number } | undefined;
    for (const socket of this.#guard.sockets()) {
      const bytes = socket.bytesRead - this.#account(socket).delivered;
      held += bytes;
      if (bytes > (most?.bytes ?? 0)) most = { socket, bytes };
    }
    if (held <= this.#bytesMax || most === undefined) return;
    this.#counts.cutOff("half-messages");
    most.socket.destroy();
  }

  #pace(): void {
    for (const socket of this.#guard.sockets()) {
      const account = this.#account(socket);
      const isWaiting =
        account.uploads > 0 || socket.bytesRead - account.delivered > OVERHEAD_BYTES;
      const isSlow = socket.bytesRead - account.read < this.#bytesMin;
      if (isWaiting && isSlow && account.read > 0) {
        this.#counts.cutOff("slow-body");
        socket.destroy();
      }
      account.read = socket.bytesRead;
    }
  }
}
