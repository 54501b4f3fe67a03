import type {
  EventDetail,
  EventId,
  EventKind,
  JournalEvent,
  RecordingHeader,
} from "../../base/journal/journal-event.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { GatewayEvents } from "./gateway-events.ts";
import { LiveHub } from "./live-hub.ts";
import { NodePoller } from "./node-poller.ts";
import type { NodeSample, PolledNode } from "./node-poller.ts";
import { ReplicaFeed } from "./replica-feed.ts";
import type { ReplicaFeedOptions } from "./replica-feed.ts";

/** Pages hear of an event at most so long after the collector. */
const FLUSH_MS = 100;
/** A page that is loaded again finds the past still there. */
const LINGER_MS = 30_000;

export interface CollectorOptions {
  readonly genesis: Genesis;
  /** Where a member keeps its journal, if that is on this machine. */
  readonly journalFolder: (member: number) => string;
  /** Addresses of gateways whose counters are shown as well. */
  readonly gatewayUrls?: readonly string[];
}

/**
 * Reads every replica's journal as it is written and hands all of them on as one recording: from
 * the first page that watches until a while after the last, so that a cluster that nobody looks at
 * pays nothing. It asks replicas for nothing else and changes nothing.
 */
export class Collector {
  readonly hub: LiveHub;
  readonly #options: CollectorOptions;
  readonly #names: readonly string[];
  readonly #writer = new JournalWriter();
  #sources: ReplicaFeed[] = [];
  #poller: NodePoller | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #lingerTimer: NodeJS.Timeout | undefined;
  /** Of the collector's own events. */
  readonly #incarnation = Date.now();
  readonly #gatewayEvents = new GatewayEvents(this.#incarnation);
  readonly #lostGateways = new Set<string>();
  #sequence = 0;
  #lastMs = 0;
  #counter = 0;

  constructor(options: CollectorOptions) {
    this.#options = options;
    const header = headerOf(options.genesis);
    this.#names = header.names;
    this.hub = new LiveHub(encodeRecordingHeader(header));
    this.hub.onWatchers = (count) => this.#onWatchers(count);
  }

  close(): void {
    clearTimeout(this.#lingerTimer);
    this.#stop();
  }

  #onWatchers(count: number): void {
    clearTimeout(this.#lingerTimer);
    if (count === 0) this.#lingerTimer = setTimeout(() => this.#stop(), LINGER_MS);
    else if (this.#flushTimer === undefined) this.#start();
  }

  #start(): void {
    this.#flushTimer = setInterval(() => this.#flush(), FLUSH_MS);
    const { genesis, journalFolder, gatewayUrls = [] } = this.#options;
    this.#sources = [
      ...genesis.members.map(({ address }, member) => {
        const name = this.#names[member] as string;
        return this.#follow({ name, address, folder: journalFolder(member) }, (event) => event);
      }),
      ...gatewayUrls.map((url, index) => this.#followGateway(gatewayName(index), url)),
    ];
    this.#poller = new NodePoller(this.#polledNodes(), (samples) => this.#takeSamples(samples));
    this.#flush();
    this.#tellSources();
  }

  #stop(): void {
    clearInterval(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#poller?.close();
    for (const source of this.#sources) source.close();
    this.#sources = [];
    this.hub.forget();
  }

  #polledNodes(): PolledNode[] {
    const { genesis, gatewayUrls = [] } = this.#options;
    return [
      ...genesis.members.map(({ address }, member) => ({
        name: this.#names[member] as string,
        url: `http://${address}/metrics`,
      })),
      ...gatewayUrls.map((url, index) => ({ name: gatewayName(index), url: `${url}/metrics` })),
    ];
  }

  #takeSamples(samples: readonly NodeSample[]): void {
    this.hub.tellNodes(samples);
    for (const sample of samples) {
      if (!isGateway(sample.name)) continue;
      // Counted on all the while, so that nothing is told twice when it tells no more.
      const events = this.#gatewayEvents.of(sample);
      if (!this.#tellsItself(sample.name)) for (const event of events) this.#take(event);
    }
  }

  /** A gateway that tells each request needs nobody who counts them. */
  #tellsItself(name: string): boolean {
    return this.#sources.some(({ state }) => state.name === name && state.state === "streaming");
  }

  /** A gateway does not know by which name it is shown: here it has one. */
  #followGateway(name: string, url: string): ReplicaFeed {
    const { host, protocol } = new URL(url);
    return this.#follow({ name, address: host, isSecure: protocol === "https:" }, (event) => {
      const author = { name, incarnation: event.id.author.incarnation };
      return { ...event, id: { author, sequence: event.id.sequence } };
    });
  }

  #follow(options: ReplicaFeedOptions, named: (event: JournalEvent) => JournalEvent): ReplicaFeed {
    return new ReplicaFeed(options, {
      onEvent: (event) => this.#take(named(event)),
      onMissed: (eventCount) => this.hub.missed(eventCount),
      onState: () => {
        this.#noteBack(options.name);
        this.#tellSources();
      },
      onLost: (last) => {
        const author = last && { ...last.author, name: options.name };
        this.#noteLost(options.name, last && author && { ...last, author });
      },
    });
  }

  /** A process that is killed says nothing any more; that its journal broke off is what is seen. */
  #noteLost(name: string, last: EventId | undefined): void {
    if (isGateway(name)) this.#lostGateways.add(name);
    this.#note("crash", { what: "its journal broke off", target: name }, last);
  }

  /** A replica says so itself. */
  #noteBack(name: string): void {
    if (!this.#tellsItself(name) || !this.#lostGateways.delete(name)) return;
    this.#note("restart", { what: "begins", target: name }, undefined);
  }

  #note(kind: EventKind, detail: EventDetail, parent: EventId | undefined): void {
    const now = Date.now();
    this.#counter = now > this.#lastMs ? 0 : this.#counter + 1;
    this.#lastMs = Math.max(now, this.#lastMs);
    this.#take({
      id: {
        author: { name: "collector", incarnation: this.#incarnation },
        sequence: ++this.#sequence,
      },
      hlc: { milliseconds: this.#lastMs, counter: this.#counter },
      kind,
      parents: parent === undefined ? [] : [parent],
      detail,
    });
  }

  #tellSources(): void {
    // A state may come while the list of sources is still being made.
    queueMicrotask(() => this.hub.tell(this.#sources.map(({ state }) => state)));
  }

  #take(event: JournalEvent): void {
    if (this.#writer.isFull) this.#flush();
    this.#writer.add(event);
  }

  #flush(): void {
    const { eventCount } = this.#writer;
    const block = this.#writer.flush();
    // The writer goes on writing into the same memory.
    if (block !== undefined) this.hub.publish(block.slice(), eventCount);
  }
}

function isGateway(name: string): boolean {
  return name.startsWith("gateway-");
}

function gatewayName(index: number): string {
  return `gateway-${index}`;
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
