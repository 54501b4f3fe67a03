import type { RecordingHeader } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { EventTable } from "../model/event-table.ts";
import type { NodeSample } from "../model/node-figures.ts";
import type { ToldConfiguration } from "../model/configurations.ts";
import { Recording } from "../model/recording.ts";

/** What the collector says of one source, in words for people. */
export interface SourceState {
  readonly name: string;
  readonly address: string;
  readonly state: "streaming" | "unreachable" | "without-journal" | "no-member";
}

/** Once lost, it is "disconnected" until it streams again: each new attempt is no better news. */
export type LiveState = "connecting" | "streaming" | "disconnected";

export interface LiveFeedListener {
  /** There is something to look at, or it became more. */
  readonly onRecording: (recording: Recording) => void;
  readonly onState: (state: LiveState, sources: readonly SourceState[]) => void;
  /** The collector left events out for this page, which did not keep up. */
  readonly onDropped: (eventCount: number) => void;
  /** What nodes said of themselves. */
  readonly onNodes: (samples: readonly NodeSample[]) => void;
}

/** A page that watches for hours holds this many; 4,096 events of slack keep drops rare. */
export const LIVE_EVENT_COUNT_MAX = 150_000;
const LIVE_DROP_COUNT = 50_000;
/** Indexes are made anew at most so often: some 30 ms each at the largest. */
const SETTLE_MS = 250;
const RECONNECT_MS = 1000;

/** Follows a collector for as long as the page is open, and comes back by itself. */
export class LiveFeed {
  readonly #url: string;
  readonly #listener: LiveFeedListener;
  #reader = new JournalReader();
  #recording: Recording | undefined;
  #sources: readonly SourceState[] = [];
  #configurations: readonly ToldConfiguration[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #socket: WebSocket | undefined;
  #closed = false;

  constructor(url: string, listener: LiveFeedListener) {
    this.#url = url;
    this.#listener = listener;
    listener.onState("connecting", []);
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retryTimer);
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.#reader = new JournalReader();
      this.#listener.onState("streaming", this.#sources);
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") this.#takeNote(data);
      else this.#takeBlocks(new Uint8Array(data));
    };
    socket.onclose = () => {
      if (this.#closed) return;
      this.#listener.onState("disconnected", this.#sources);
      this.#retryTimer = setTimeout(() => this.#connect(), RECONNECT_MS);
    };
  }

  #takeBlocks(bytes: Uint8Array): void {
    const blocks = this.#reader.push(bytes);
    const { header } = this.#reader;
    if (header === undefined) return;
    this.#recording ??= this.#begin(header);
    const { table } = this.#recording;
    const before = table.count;
    let leftOut = 0;
    for (const block of blocks) {
      for (const event of block.events()) {
        // After a reconnection the collector sends again what it still holds.
        if (table.rowOf(event.id) < 0 && !table.append(event)) leftOut++;
      }
    }
    if (leftOut > 0) this.#listener.onDropped(leftOut);
    // A header alone says that somebody collects, and nothing that could be looked at.
    if (table.count > before) this.#timer ??= setTimeout(() => this.#settle(), SETTLE_MS);
  }

  /** Who votes may have been told before there was anything to see. */
  #begin(header: RecordingHeader): Recording {
    const recording = new Recording(new EventTable(header));
    recording.takeConfigurations(this.#configurations);
    return recording;
  }

  #settle(): void {
    this.#timer = undefined;
    const recording = this.#recording;
    if (recording === undefined) return;
    if (recording.table.count > LIVE_EVENT_COUNT_MAX) recording.dropFront(LIVE_DROP_COUNT);
    else recording.settle();
    this.#listener.onRecording(recording);
  }

  #takeNote(text: string): void {
    const note = JSON.parse(text) as {
      readonly sources?: readonly SourceState[];
      readonly droppedEventCount?: number;
      readonly nodes?: readonly NodeSample[];
      readonly configurations?: readonly ToldConfiguration[];
    };
    if (note.configurations !== undefined) {
      this.#configurations = note.configurations;
      this.#recording?.takeConfigurations(note.configurations);
      // It is shown with the next event: a cluster that has changed says something.
    }
    if (note.nodes !== undefined) this.#listener.onNodes(note.nodes);
    if (note.sources !== undefined) {
      this.#sources = note.sources;
      this.#listener.onState("streaming", note.sources);
    }
    if (note.droppedEventCount !== undefined) this.#listener.onDropped(note.droppedEventCount);
  }
}
