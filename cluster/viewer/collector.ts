import { JournalReader } from "../../base/journal/journal-reader.ts";
import type { JournalEvent, RecordingHeader } from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { JournalSource } from "./journal-source.ts";
import { LiveHub } from "./live-hub.ts";

/** Pages hear of an event at most so long after the collector. */
const FLUSH_MS = 100;

/**
 * Reads every replica's journal as it is written and hands all of them on as one recording. It asks
 * replicas for nothing else and changes nothing: a cluster does not know that it is watched.
 */
export class Collector {
  readonly hub: LiveHub;
  readonly #writer = new JournalWriter();
  readonly #sources: readonly JournalSource[];
  readonly #timer: NodeJS.Timeout;

  constructor(genesis: Genesis) {
    const header = headerOf(genesis);
    this.hub = new LiveHub(encodeRecordingHeader(header));
    this.#sources = genesis.members.map(({ address }, member) =>
      this.#follow(header.names[member] as string, address),
    );
    this.hub.tell(this.#sources.map(({ state }) => state));
    this.#timer = setInterval(() => this.#flush(), FLUSH_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const source of this.#sources) source.close();
  }

  #follow(name: string, address: string): JournalSource {
    let reader = new JournalReader();
    return new JournalSource(
      { name, address },
      {
        onOpen: () => {
          reader = new JournalReader();
        },
        onBytes: (bytes) => {
          for (const block of reader.push(bytes)) {
            for (const event of block.events()) this.#take(event);
          }
        },
        onState: () => {
          // The first state may come while the list is still being made.
          queueMicrotask(() => this.hub.tell(this.#sources.map(({ state }) => state)));
        },
      },
    );
  }

  #take(event: JournalEvent): void {
    if (this.#writer.isFull) this.#flush();
    this.#writer.add(event);
  }

  #flush(): void {
    const { eventCount } = this.#writer;
    const block = this.#writer.flush();
    if (block !== undefined) this.hub.publish(block, { eventCount });
  }
}

function headerOf(genesis: Genesis): RecordingHeader {
  return {
    origin: "live",
    title: genesis.name,
    memberCount: genesis.members.length,
    faultyMax: genesis.faultyMax,
    names: genesis.members.map((_, member) => `replica-${member}`),
    seed: undefined,
  };
}
