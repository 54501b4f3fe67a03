import type { WebSocket } from "ws";
import type { NodeSample } from "./node-poller.ts";

/** What a page is told of the collector's sources. */
export interface SourceState {
  readonly name: string;
  readonly address: string;
  readonly state: "streaming" | "unreachable" | "without-journal" | "no-member";
}

/** What a page is told of one configuration: who votes from the sequence after `boundary` on. */
export interface ToldConfiguration {
  readonly epoch: number;
  readonly boundary: number;
  /** Numbers in the members' names, in the configuration's order. */
  readonly members: readonly number[];
  readonly faultyMax: number;
  /** Milliseconds since 1970 when it was heard of; absent: before anybody looked. */
  readonly beganAt?: number | undefined;
}

/** A recent past for pages that come later: about a minute of a busy cluster. */
const HISTORY_BYTES_MAX = 16 * 1024 * 1024;
/** A page that has not read so much is slow: it loses blocks, the cluster loses nothing. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024;

/** Rounds of samples that a page which comes later is given: two minutes. */
const SAMPLE_ROUNDS_MAX = 120;

interface Viewer {
  readonly socket: WebSocket;
  droppedEventCount: number;
}

/**
 * Hands blocks of events to every page that watches. Each page has a bounded queue of its own (the
 * socket's), so that a slow one holds nobody up; a block that does not fit is left out and counted.
 */
export class LiveHub {
  readonly #header: Uint8Array;
  readonly #viewers = new Set<Viewer>();
  #history: Uint8Array[] = [];
  #historyBytes = 0;
  #sources: readonly SourceState[] = [];
  #configurations: readonly ToldConfiguration[] = [];
  #rounds: (readonly NodeSample[])[] = [];
  /** Told before a page is handed the past, and after one has left. */
  onWatchers: (count: number) => void = () => undefined;

  /** `header` is a recording's, as encoded. */
  constructor(header: Uint8Array) {
    this.#header = header;
  }

  add(socket: WebSocket): void {
    const viewer: Viewer = { socket, droppedEventCount: 0 };
    socket.on("error", () => socket.terminate());
    socket.on("close", () => {
      this.#viewers.delete(viewer);
      this.onWatchers(this.#viewers.size);
    });
    this.onWatchers(this.#viewers.size + 1);
    socket.send(this.#header);
    // Before any event: what it says of signers is of its configuration.
    if (this.#configurations.length > 0) {
      socket.send(JSON.stringify({ configurations: this.#configurations }));
    }
    for (const block of this.#history) socket.send(block);
    socket.send(JSON.stringify({ sources: this.#sources }));
    if (this.#rounds.length > 0) socket.send(JSON.stringify({ nodes: this.#rounds.flat() }));
    this.#viewers.add(viewer);
  }

  /** One encoded block, and how many events it holds. */
  publish(block: Uint8Array, eventCount: number): void {
    this.#history.push(block);
    this.#historyBytes += block.length;
    while (this.#historyBytes > HISTORY_BYTES_MAX) {
      this.#historyBytes -= this.#history.shift()?.length ?? 0;
    }
    for (const viewer of this.#viewers) {
      if (viewer.socket.bufferedAmount + block.length <= QUEUE_BYTES_MAX) {
        viewer.socket.send(block);
        this.#confess(viewer);
      } else viewer.droppedEventCount += eventCount;
    }
  }

  /** Events that a source could not hand on: pages are told as if they had missed them. */
  missed(eventCount: number): void {
    for (const viewer of this.#viewers) viewer.droppedEventCount += eventCount;
  }

  /** What was published is past and gone: the next page begins anew. */
  forget(): void {
    this.#history = [];
    this.#historyBytes = 0;
    this.#rounds = [];
  }

  tell(sources: readonly SourceState[]): void {
    this.#sources = sources;
    for (const { socket } of this.#viewers) socket.send(JSON.stringify({ sources }));
  }

  tellConfigurations(configurations: readonly ToldConfiguration[]): void {
    this.#configurations = configurations;
    if (configurations.length === 0) return;
    for (const { socket } of this.#viewers) socket.send(JSON.stringify({ configurations }));
  }

  /** What nodes said of themselves; the newest of it is kept for pages that come later. */
  tellNodes(nodes: readonly NodeSample[]): void {
    if (nodes.length === 0) return;
    this.#rounds.push(nodes);
    if (this.#rounds.length > SAMPLE_ROUNDS_MAX) this.#rounds.shift();
    const text = JSON.stringify({ nodes });
    for (const { socket } of this.#viewers) {
      if (socket.bufferedAmount <= QUEUE_BYTES_MAX) socket.send(text);
    }
  }

  /** A page that reads again learns what it missed. */
  #confess(viewer: Viewer): void {
    if (viewer.droppedEventCount === 0) return;
    const { droppedEventCount } = viewer;
    viewer.droppedEventCount = 0;
    viewer.socket.send(JSON.stringify({ droppedEventCount }));
  }
}
