import type { Agent } from "node:http";
import { WebSocket } from "ws";
import { hostPortOf } from "../../base/replica-address.ts";
import { EPOCH_OVER } from "../../node/journal/journal-door.ts";
import type { SourceState } from "./live-hub.ts";

export interface JournalSourceOptions {
  readonly name: string;
  /** Of a replica, or host:port of a gateway. */
  readonly address: string;
  /** A gateway that speaks TLS. */
  readonly isSecure?: boolean;
  /** How a replica is reached. */
  readonly agent?: Agent | undefined;
}

export interface JournalSourceListener {
  /** Bytes of a recording: its header first, then blocks as they are closed. */
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The stream begins anew: what follows starts with a header. */
  readonly onOpen: () => void;
  /** `isEpochOver`: the stream ended because its replica goes into the next configuration. */
  readonly onState: (state: SourceState["state"], isEpochOver: boolean) => void;
  /** The replica left events out, because this side was slow. */
  readonly onMissed: (eventCount: number) => void;
}

/** A replica's messages are single blocks; the largest is 1 MiB and its head. */
const MESSAGE_BYTES_MAX = 2 * 1024 * 1024;
/** A replica that restarts is back within seconds. */
const RETRY_MS = 1000;
const OPEN_MS_MAX = 3000;

/** One replica's journal as it is written, over and over until closed. */
export class JournalSource {
  readonly #options: JournalSourceOptions;
  readonly #listener: JournalSourceListener;
  #socket: WebSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #state: SourceState["state"] = "unreachable";
  #closed = false;

  constructor(options: JournalSourceOptions, listener: JournalSourceListener) {
    this.#options = options;
    this.#listener = listener;
    this.#connect();
  }

  get state(): SourceState {
    const { name, address } = this.#options;
    return { name, address, state: this.#state };
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  #connect(): void {
    const { address, agent, isSecure = false } = this.#options;
    const url = `${isSecure ? "wss" : "ws"}://${hostPortOf(address)}/journal`;
    const socket = new WebSocket(url, {
      ...(agent === undefined ? {} : { agent }),
      perMessageDeflate: false,
      maxPayload: MESSAGE_BYTES_MAX,
      handshakeTimeout: OPEN_MS_MAX,
    });
    this.#socket = socket;
    // Somebody listens there, but knows no such path: an older replica, or one that keeps no journal.
    let refused = false;
    socket.on("open", () => {
      this.#listener.onOpen();
      this.#become("streaming", false);
    });
    socket.on("message", (data: Buffer, isBinary) => {
      if (isBinary) this.#listener.onBytes(new Uint8Array(data));
      else this.#listener.onMissed(missedIn(data.toString()));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      refused =
        error.code === "ECONNRESET" || /socket hang up|Unexpected server/.test(error.message);
    });
    socket.on("close", (_code, reason) => {
      const isEpochOver = reason.toString() === EPOCH_OVER;
      this.#become(refused ? "without-journal" : "unreachable", isEpochOver);
      if (!this.#closed) this.#timer = setTimeout(() => this.#connect(), RETRY_MS);
    });
  }

  #become(state: SourceState["state"], isEpochOver: boolean): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#listener.onState(state, isEpochOver);
  }
}

/** `{"missed":N}`; 0 for anything else. */
function missedIn(text: string): number {
  const match = /^\{"missed":(\d{1,12})\}$/.exec(text);
  return match === null ? 0 : Number(match[1]);
}
