import type { Duplex } from "node:stream";
import { WebSocket } from "ws";
import type { ReplicaAgents } from "../../base/host/replica-agents.ts";
import { hostPortOf } from "../../base/replica-address.ts";
import { RECONNECT_MS_MAX, RECONNECT_MS_MIN } from "../limits.ts";
import { dialOptions } from "./web-socket-options.ts";

export interface Dialled {
  readonly socket: WebSocket;
  readonly raw: Duplex;
}

/**
 * Keeps trying to reach one address. Delays double with full jitter, so that a whole cluster that
 * starts at once does not knock in step; a connection that was proven starts them anew.
 */
export class PeerDialler {
  readonly #url: string;
  readonly #agents: ReplicaAgents;
  readonly #address: string;
  readonly #onOpen: (dialled: Dialled) => void;
  readonly #random: () => number;
  #delayMs = RECONNECT_MS_MIN;
  #timer: NodeJS.Timeout | undefined;
  #dialling: WebSocket | undefined;
  #closed = false;

  constructor(
    { address, agents }: { readonly address: string; readonly agents: ReplicaAgents },
    onOpen: (dialled: Dialled) => void,
    random: () => number,
  ) {
    this.#url = `ws://${hostPortOf(address)}/peer`;
    this.#address = address;
    this.#agents = agents;
    this.#onOpen = onOpen;
    this.#random = random;
  }

  dial(): void {
    if (this.#closed || this.#dialling !== undefined) return;
    const socket = new WebSocket(this.#url, {
      ...dialOptions(),
      agent: this.#agents.of(this.#address),
    });
    this.#dialling = socket;
    let raw: Duplex | undefined;
    socket.on("upgrade", (response) => {
      raw = response.socket;
    });
    socket.once("open", () => {
      this.#dialling = undefined;
      if (this.#closed || raw === undefined) socket.terminate();
      else this.#onOpen({ socket, raw });
    });
    // An error is always followed by "close"; without a listener it would stop the process.
    socket.on("error", () => undefined);
    socket.once("close", () => {
      if (this.#dialling !== socket) return;
      this.#dialling = undefined;
      this.retry();
    });
  }

  /** The connection is proven: the next loss is a new story. */
  succeeded(): void {
    this.#delayMs = RECONNECT_MS_MIN;
  }

  /** Dials again after a while. */
  retry(): void {
    if (this.#closed || this.#timer !== undefined) return;
    const delayMs = this.#delayMs * (0.5 + this.#random() / 2);
    this.#delayMs = Math.min(RECONNECT_MS_MAX, this.#delayMs * 2);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.dial();
    }, delayMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dialling?.terminate();
  }
}
