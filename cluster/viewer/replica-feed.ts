import { JournalReader } from "../../base/journal/journal-reader.ts";
import type { Agent } from "node:http";
import type { EventId, JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalSource } from "./journal-source.ts";
import type { SourceState } from "./live-hub.ts";
import { recentEvents } from "./recent-events.ts";

/**
 * What was written before we listened reaches the disk within this: a block that was closed just
 * then waits for its turn.
 */
const HOLD_MS = 500;

export interface ReplicaFeedOptions {
  readonly name: string;
  readonly address: string;
  /** A gateway's address: it speaks TLS. */
  readonly isSecure?: boolean;
  /** For a replica's address. */
  readonly agent?: Agent | undefined;
  /** Where it keeps its journal, if that is on this machine; a gateway keeps none. */
  readonly folder?: string | undefined;
  /** Others' events are left out: another replica may listen where this one did. */
  readonly isNamed?: boolean;
}

export interface ReplicaFeedListener {
  readonly onEvent: (event: JournalEvent) => void;
  readonly onMissed: (eventCount: number) => void;
  readonly onState: () => void;
  /**
   * It streamed and does no more; `last` is the last that it said. `isEpochOver`: on purpose, for
   * its process goes into the next configuration.
   */
  readonly onLost: (last: EventId | undefined, isEpochOver: boolean) => void;
}

/**
 * One replica's (or gateway's) events, each once and in its own order: what its folder holds, then what it streams.
 * Both meet without a gap, because the folder is read again after each connection, before anything
 * of that connection is handed on.
 */
export class ReplicaFeed {
  readonly #options: ReplicaFeedOptions;
  readonly #listener: ReplicaFeedListener;
  readonly #source: JournalSource;
  #reader = new JournalReader();
  #last: EventId | undefined;
  /** Streamed, but not handed on yet: the folder comes first. */
  #held: JournalEvent[] | undefined;
  #timer: NodeJS.Timeout | undefined;
  #before: SourceState["state"] = "unreachable";

  constructor(options: ReplicaFeedOptions, listener: ReplicaFeedListener) {
    this.#options = options;
    this.#listener = listener;
    this.#takeFolder();
    this.#source = new JournalSource(options, {
      onOpen: () => this.#hold(),
      onBytes: (bytes) => this.#takeBytes(bytes),
      onMissed: listener.onMissed,
      onState: (state, isEpochOver) => this.#become(state, isEpochOver),
    });
  }

  get state(): SourceState {
    const { name, address } = this.#options;
    return { name, address, state: this.#source.state.state };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#source.close();
  }

  #hold(): void {
    this.#release();
    this.#reader = new JournalReader();
    this.#held = [];
    this.#timer = setTimeout(() => this.#release(), HOLD_MS);
  }

  #release(): void {
    clearTimeout(this.#timer);
    if (this.#held === undefined) return;
    const held = this.#held;
    this.#held = undefined;
    this.#takeFolder();
    for (const event of held) this.#take(event);
  }

  #takeFolder(): void {
    const { folder } = this.#options;
    if (folder === undefined) return;
    for (const event of recentEvents(folder)) this.#take(event);
  }

  #takeBytes(bytes: Uint8Array): void {
    for (const block of this.#reader.push(bytes)) {
      for (const event of block.events()) {
        if (this.#held === undefined) this.#take(event);
        else this.#held.push(event);
      }
    }
  }

  #take(event: JournalEvent): void {
    const { name, isNamed = false } = this.#options;
    if (isNamed && event.id.author.name !== name) return;
    if (this.#last !== undefined && !isAfter(event.id, this.#last)) return;
    this.#last = event.id;
    this.#listener.onEvent(event);
  }

  #become(state: SourceState["state"], isEpochOver: boolean): void {
    if (this.#before === "streaming") {
      this.#release();
      this.#listener.onLost(this.#last, isEpochOver);
    }
    this.#before = state;
    this.#listener.onState();
  }
}

/** Of one name: incarnations grow, and sequences within each. */
function isAfter(id: EventId, last: EventId): boolean {
  const { incarnation } = id.author;
  if (incarnation !== last.author.incarnation) return incarnation > last.author.incarnation;
  return id.sequence > last.sequence;
}
