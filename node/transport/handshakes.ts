import {
  HANDSHAKE_COUNT_MAX,
  HANDSHAKE_COUNT_PER_ADDRESS_MAX,
  HANDSHAKE_MS_MAX,
} from "../limits.ts";
import type { FrameSocket } from "./frame-socket.ts";

interface Handshake {
  /** Undefined: we dialled, so nobody can make us open more of them. */
  readonly address: string | undefined;
  readonly deadlineMs: number;
}

/** Sockets that have not proven anything yet: so many in all, so many of one address, so long. */
export class Handshakes {
  readonly #sockets = new Map<FrameSocket, Handshake>();

  /** Whether one more from this address may begin. */
  admits(address: string | undefined): boolean {
    if (this.#sockets.size >= HANDSHAKE_COUNT_MAX) return false;
    let count = 0;
    for (const other of this.#sockets.values()) if (other.address === address) count++;
    return count < HANDSHAKE_COUNT_PER_ADDRESS_MAX;
  }

  begin(socket: FrameSocket, address: string | undefined, nowMs: number): void {
    this.#sockets.set(socket, { address, deadlineMs: nowMs + HANDSHAKE_MS_MAX });
  }

  ended(socket: FrameSocket): void {
    this.#sockets.delete(socket);
  }

  sweep(nowMs: number): void {
    for (const [socket, { deadlineMs }] of this.#sockets) {
      if (nowMs > deadlineMs) socket.close("timeout");
    }
  }

  closeAll(): void {
    for (const socket of this.#sockets.keys()) socket.close("shutdown");
  }
}
