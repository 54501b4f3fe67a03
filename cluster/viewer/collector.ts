import type {
  EventDetail,
  EventId,
  EventKind,
  JournalEvent,
  RecordingHeader,
} from "../../base/journal/journal-event.ts";
import { originOf } from "../../base/host/replica-agents.ts";
import { JournalWriter } from "../../base/journal/journal-writer.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import type { Epochs } from "../../consensus/epochs/epochs.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { GatewayEvents } from "./gateway-events.ts";
import { KnownMembers } from "./known-members.ts";
import type { KnownMember } from "./known-members.ts";
import { LiveHub } from "./live-hub.ts";
import type { SourceState } from "./live-hub.ts";
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
  /** The configurations that are known so far; those that follow are looked for. */
  readonly epochs: Epochs;
  /** Where a member keeps its journal, if that is on this machine. */
  readonly journalFolder: (member: KnownMember) => string | undefined;
  /** Addresses of gateways whose counters are shown as well. */
  readonly gatewayUrls?: readonly string[];
}

/** Somebody who tells events. Who is no member any more is listened to until its journal ends. */
interface Source {
  readonly feed: ReplicaFeed;
  isOutside: boolean;
}

/**
 * Reads every replica's journal as it is written and hands all of them on as one recording: from
 * the first page that watches until a while after the last, so that a cluster that nobody looks at
 * pays nothing. It asks replicas for nothing else but who votes and their metrics, and changes
 * nothing.
 */
export class Collector {
  readonly hub: LiveHub;
  readonly #options: CollectorOptions;
  readonly #heardAt = new Map<number, number>();
  readonly #writer = new JournalWriter();
  readonly #sources = new Map<string, Source>();
  #known: KnownMembers | undefined;
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
    this.hub = new LiveHub(encodeRecordingHeader(headerOf(options.genesis)));
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
    const { epochs, gatewayUrls = [] } = this.#options;
    this.#known = new KnownMembers(epochs, this.#heardAt, () => this.#followMembers());
    this.#followMembers();
    for (const [index, url] of gatewayUrls.entries()) this.#followGateway(gatewayName(index), url);
    this.#poller = new NodePoller(
      () => this.#polledNodes(),
      (samples) => this.#takeSamples(samples),
    );
    this.#flush();
    this.#tellSources();
  }

  #stop(): void {
    clearInterval(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#poller?.close();
    this.#known?.close();
    this.#known = undefined;
    for (const { feed } of this.#sources.values()) feed.close();
    this.#sources.clear();
    this.hub.forget();
  }

  /** Whom the newest configuration names: those who came are listened to from now on. */
  #followMembers(): void {
    const { members = [], told = [] } = this.#known ?? {};
    this.hub.tellConfigurations(told);
    for (const member of members) {
      const { name, address } = member;
      const source = this.#sources.get(name);
      if (source?.isOutside === false) continue;
      // It had left, and is back.
      source?.feed.close();
      const folder = this.#options.journalFolder(member);
      const agent = this.#known?.agents.of(address);
      this.#follow({ name, address, folder, agent, isNamed: true }, (event) => event);
    }
    for (const [name, source] of this.#sources) {
      if (isGateway(name)) continue;
      source.isOutside = !members.some((member) => member.name === name);
      this.#letGo(source);
    }
    this.#tellSources();
  }

  /** Who left has nothing to say any more once its journal has ended. */
  #letGo({ feed, isOutside }: Source): void {
    if (isOutside && feed.state.state !== "streaming") feed.close();
  }

  #polledNodes(): PolledNode[] {
    const { gatewayUrls = [] } = this.#options;
    const { members = [], agents } = this.#known ?? {};
    return [
      ...members.map(({ name, address }) => ({
        name,
        url: `${originOf(address)}/metrics`,
        agent: agents?.of(address),
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
    return this.#sources.get(name)?.feed.state.state === "streaming";
  }

  /** A gateway does not know by which name it is shown: here it has one. */
  #followGateway(name: string, url: string): void {
    const { host, protocol } = new URL(url);
    this.#follow({ name, address: host, isSecure: protocol === "https:" }, (event) => {
      const author = { name, incarnation: event.id.author.incarnation };
      return { ...event, id: { author, sequence: event.id.sequence } };
    });
  }

  #follow(options: ReplicaFeedOptions, named: (event: JournalEvent) => JournalEvent): void {
    const feed = new ReplicaFeed(options, {
      onEvent: (event) => this.#take(named(event)),
      onMissed: (eventCount) => this.hub.missed(eventCount),
      onState: () => {
        const source = this.#sources.get(options.name);
        if (source !== undefined) this.#letGo(source);
        this.#noteBack(options.name);
        this.#tellSources();
      },
      onLost: (last, isEpochOver) => {
        // It says so itself, and is back in a moment or has left.
        if (isEpochOver) return;
        const author = last && { ...last.author, name: options.name };
        this.#noteLost(options.name, last && author && { ...last, author });
      },
    });
    this.#sources.set(options.name, { feed, isOutside: false });
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
    queueMicrotask(() => this.hub.tell([...this.#sources.values()].map(stateOf)));
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

function stateOf({ feed: { state }, isOutside }: Source): SourceState {
  return isOutside && state.state !== "streaming" ? { ...state, state: "no-member" } : state;
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
