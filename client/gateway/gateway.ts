import type { IncomingMessage } from "node:http";
import type { Auditor } from "./audit/auditor.ts";
import type { Client } from "../types.ts";
import { ClusterFetch, mayServe, miss } from "./cluster-fetch.ts";
import { ClusterLink } from "./cluster-link.ts";
import { Counts } from "./counts.ts";
import type { TakenBody } from "./entry-form.ts";
import { Intake } from "./intake.ts";
import type { Journal } from "./journal/journal.ts";
import { DOOR_DEADLINE_MS, GIVEN_BODY_BYTES_MAX, WITHDRAWAL_DEADLINE_MS } from "./limits.ts";
import type { Held, LocalStore } from "./local-store.ts";
import type {
  Certainty,
  DeleteOutcome,
  Exists,
  ExistsOutcome,
  GetOutcome,
  Hit,
  Level,
  Miss,
  PutOutcome,
} from "./outcome.ts";
import { OwnEntries } from "./own-entries.ts";
import { Publisher } from "./publisher.ts";
import type { DoorRoute, Route } from "./route.ts";
import { wholeValue } from "./whole-value.ts";
import { Traffic } from "./traffic.ts";
import type { Told } from "./traffic.ts";
import { Withdrawals } from "./withdrawals.ts";
import { WriterKeys } from "./writer-keys.ts";
import type { WriterName } from "./writer-keys.ts";

export interface GatewaySettings {
  /** Without any cluster: L1 and L2 only. */
  readonly local: boolean;
  /** No key: PUT and DELETE are refused in the tool's own terms. */
  readonly readOnly: boolean;
  /** Serve proven entries while the revocation log cannot be followed. */
  readonly allowStale: boolean;
  readonly freshnessMsMax: number;
  readonly doorDeadlineMs?: number | undefined;
  readonly withdrawalDeadlineMs?: number | undefined;
}

export interface GatewayDependencies {
  /** Tried until it succeeds; never called in local mode. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  readonly store: LocalStore;
  readonly journal: Journal;
  /** Undefined: nothing is audited. */
  /** Each answered request of a tool. */
  readonly onTold?: ((told: Told) => void) | undefined;
  readonly auditor?: (client: () => Client | undefined) => Auditor;
  /** Keys that tokens write under. */
  readonly writers?: WriterKeys | undefined;
}

/** What is held of one entry, for people. */
export interface LocalView {
  readonly kind: string;
  readonly size: number;
  /** Proven by the cluster when it came. */
  readonly certified: boolean;
  /** With which it would be answered now; null: not at all. */
  readonly certainty: Certainty | null;
  /** Where its bytes are; null: nowhere here. */
  readonly level: Level | null;
  /** It waits to be published. */
  readonly waits: boolean;
  readonly audited: boolean;
}

/** What a gateway with a cluster has and a local one has not. */
interface ClusterSide {
  readonly link: ClusterLink;
  readonly fetch: ClusterFetch;
  readonly publisher: Publisher;
  readonly own: OwnEntries;
  readonly withdrawals: Withdrawals;
}

/**
 * What stands between the doors and L1, L2, journal and cluster.
 *
 * 1. GET: L1, L2, cluster. A kept entry is certified only while the revocation log was followed to
 *    a root no older than `freshnessMsMax`; else stale, where that is allowed, or asked for anew.
 * 2. PUT is answered once bytes and intent are durable here. Until certified, an entry is answered
 *    to this gateway's tools only, as `own`, and only for a time.
 * 3. Nothing here throws at a door: whatever goes wrong is an outcome with a reason.
 */
export class Gateway {
  readonly counts = new Counts();
  readonly settings: GatewaySettings;
  readonly journal: Journal;
  readonly audit: Auditor | undefined;
  readonly traffic: Traffic;
  readonly #store: LocalStore;
  readonly #cluster: ClusterSide | undefined;
  readonly #intake: Intake;

  constructor(settings: GatewaySettings, dependencies: GatewayDependencies) {
    const { journal, store, writers = new WriterKeys() } = dependencies;
    this.settings = settings;
    this.journal = journal;
    this.#store = store;
    this.traffic = new Traffic(dependencies.onTold);
    this.audit = dependencies.auditor?.(() => this.client);
    this.#intake = new Intake({
      store,
      journal,
      counts: this.counts,
      audit: this.audit,
      publishes: !settings.local,
      client: () => this.client,
      writers,
      certaintyOf: (route, held) => this.#certaintyOf(route, held, undefined),
      publish: (publication) => this.#cluster?.publisher.publish(publication),
    });
    if (!settings.local)
      this.#cluster = clusterSide(this.counts, settings, { ...dependencies, writers });
  }

  get client(): Client | undefined {
    return this.#cluster?.link.client;
  }

  /** Why there is no client, when there is none. */
  get trouble(): string | undefined {
    return this.#cluster?.link.trouble;
  }

  logAgeMs(): number {
    return this.#cluster?.link.logAgeMs() ?? Number.POSITIVE_INFINITY;
  }

  isReachable(): boolean {
    return this.#cluster?.link.isReachable() ?? false;
  }

  /** From L1 or L2, at once; undefined: the cluster must be asked. Counted. */
  lookLocally(route: DoorRoute, writer?: WriterName): Hit | undefined {
    const held = this.#store.find(route.location);
    if (held === undefined || !mayServe(route, held.record)) return undefined;
    const certainty = this.#certaintyOf(route, held, writer);
    if (certainty === undefined) return undefined;
    const at = this.#store.value(held.entry.valueDigest);
    if (at === undefined) return undefined;
    if (certainty === "certified" && this.audit?.takes(route, held.record) === true) {
      return undefined;
    }
    this.counts.hit(at.level, certainty);
    return { status: "hit", certainty, level: at.level, size: at.value.size, value: at.value };
  }

  /** After {@link lookLocally} knew nothing. Counted. */
  async lookFurther(route: DoorRoute): Promise<GetOutcome> {
    const outcome = await this.#audited(route);
    if (outcome.status === "hit") this.counts.hit(outcome.level, outcome.certainty);
    else this.counts.miss(outcome.reason);
    return outcome;
  }

  async #audited(route: DoorRoute): Promise<GetOutcome> {
    if (this.#isAudited(route)) return miss("audited");
    const outcome = (await this.#cluster?.fetch.get(route)) ?? miss("absent");
    if (this.audit === undefined || outcome.status === "miss") return outcome;
    if (outcome.certainty !== "certified") return outcome;
    // What was too large to be kept at once is audited when it is asked for again.
    const kept = this.#store.find(route.location);
    return kept?.record.certified === true && this.audit.takes(route, kept.record)
      ? miss("audited")
      : outcome;
  }

  /** Its tool was told that it must make it again, and has not yet. */
  #isAudited(route: Route): boolean {
    if (this.audit?.isWaiting(route) !== true) return false;
    return this.#store.find(route.location)?.record.certified === true;
  }

  /** Says what would be answered, and answers nothing. */
  viewLocally(route: Route): LocalView | undefined {
    const held = this.#store.find(route.location);
    if (held === undefined) return undefined;
    return {
      kind: held.record.kind,
      size: held.entry.size,
      certified: held.record.certified,
      certainty: this.#certaintyOf(route, held, held.record.writer) ?? null,
      level: this.#store.value(held.entry.valueDigest)?.level ?? null,
      waits: this.journal.isWaiting(route.namespace, route.name),
      audited: this.#isAudited(route),
    };
  }

  /** A small entry's bytes, for a door that must read them; undefined when they cannot be had. */
  async wholeBytes(
    route: DoorRoute,
    bytesMax: number = GIVEN_BODY_BYTES_MAX,
    writer?: WriterName,
  ): Promise<Uint8Array | undefined> {
    const found = await this.whole(route, bytesMax, writer);
    return found.status === "miss" ? undefined : found.bytes;
  }

  /** The same, with what is known of it, or why there is none. */
  async whole(
    route: DoorRoute,
    bytesMax: number,
    writer?: WriterName,
  ): Promise<Miss | { readonly status: "hit"; readonly hit: Hit; readonly bytes: Uint8Array }> {
    const near = this.lookLocally(route, writer);
    const bytes = near && (await wholeValue(near.value, bytesMax).catch(() => undefined));
    if (near !== undefined && bytes !== undefined) return { status: "hit", hit: near, bytes };
    const far = await this.lookFurther(route);
    if (far.status === "miss") return far;
    const fetched = await wholeValue(far.value, bytesMax).catch(() => undefined);
    if (fetched !== undefined) return { status: "hit", hit: far, bytes: fetched };
    this.counts.miss("refused");
    return miss("refused");
  }

  async exists(route: DoorRoute, writer?: WriterName): Promise<ExistsOutcome> {
    if (this.#isAudited(route)) return miss("audited");
    return (
      this.existsLocally(route, writer) ??
      (await this.#cluster?.fetch.exists(route)) ??
      miss("absent")
    );
  }

  /** Without asking the cluster. */
  existsLocally(route: DoorRoute, writer?: WriterName): Exists | undefined {
    const held = this.#store.find(route.location);
    if (held === undefined || !mayServe(route, held.record)) return undefined;
    const certainty = this.#certaintyOf(route, held, writer);
    return certainty && { status: "hit", certainty, size: held.entry.size };
  }

  /** Undefined: it may be written. */
  refusesWrite(_route: Route, writer?: WriterName): "read-only" | "denied" | undefined {
    return this.#isReadOnly(writer) ? "read-only" : undefined;
  }

  /** Reads a body to its end and keeps none of it: a tool that is cut off may take it for a failure. */
  async discard(request: IncomingMessage, outcome: "read-only" | "denied"): Promise<PutOutcome> {
    const read = await this.#intake.discard(request);
    const ended = read === "read-only" ? outcome : read;
    this.counts.put(ended);
    return ended;
  }

  async put(route: DoorRoute, request: IncomingMessage, writer?: WriterName): Promise<PutOutcome> {
    if (this.#isReadOnly(writer)) return this.discard(request, "read-only");
    const outcome = await this.#intake.receive(route, request, writer);
    this.counts.put(outcome);
    return outcome;
  }

  /** A body that its door takes apart itself. */
  async putBody(
    route: DoorRoute,
    body: TakenBody,
    isCutOff?: () => boolean,
    writer?: WriterName,
  ): Promise<PutOutcome> {
    const outcome = this.#isReadOnly(writer)
      ? "read-only"
      : await this.#intake.receiveBody(route, body, writer, isCutOff);
    this.counts.put(outcome);
    return outcome;
  }

  async putBytes(route: DoorRoute, bytes: Uint8Array, writer?: WriterName): Promise<PutOutcome> {
    const outcome = this.#isReadOnly(writer)
      ? "read-only"
      : await this.#intake.receiveBytes(route, bytes, writer);
    this.counts.put(outcome);
    return outcome;
  }

  async delete(route: Route, writer?: WriterName): Promise<DeleteOutcome> {
    const outcome = await this.#withdraw(route, writer).catch((): DeleteOutcome => "failed");
    this.counts.delete(outcome);
    return outcome;
  }

  async close(): Promise<void> {
    this.#cluster?.publisher.close();
    await this.#cluster?.link.close();
    await this.audit?.flush();
    await this.journal.close();
  }

  #isReadOnly(writer: WriterName): boolean {
    return this.settings.readOnly && writer === undefined;
  }

  /** An entry that is not certified is its writer's alone. */
  #certaintyOf(route: Route, held: Held, writer: WriterName): Certainty | undefined {
    if (this.settings.local) return "local";
    const { record } = held;
    if (!record.certified) {
      return this.#cluster?.own.serves(route, held, writer) === true ? "own" : undefined;
    }
    if (record.expiryMs !== 0 && record.expiryMs <= Date.now()) return undefined;
    if (this.logAgeMs() <= this.settings.freshnessMsMax) return "certified";
    return this.settings.allowStale ? "stale" : undefined;
  }

  async #withdraw(route: Route, writer: WriterName): Promise<DeleteOutcome> {
    if (this.#isReadOnly(writer)) return "read-only";
    if (this.#cluster !== undefined) return this.#cluster.withdrawals.withdraw(route, writer);
    const held = this.#store.find(route.location) !== undefined;
    this.#store.drop(route.location);
    return held ? "withdrawn" : "absent";
  }
}

function clusterSide(
  counts: Counts,
  settings: GatewaySettings,
  parts: GatewayDependencies & { readonly writers: WriterKeys },
): ClusterSide {
  const { connect, journal, store, writers } = parts;
  const link: ClusterLink = new ClusterLink(connect, {
    onConnected: () => publisher.wake(),
    onRevoked: (location, certifiedDigest) => {
      fetch.noteRevoked(location);
      own.noteRevoked(location);
      if (store.revoke(location, certifiedDigest)) counts.refusal("revoked");
    },
  });
  const deadlineMs = settings.doorDeadlineMs ?? DOOR_DEADLINE_MS;
  const { allowStale } = settings;
  const fetch = new ClusterFetch({ deadlineMs, allowStale }, { link, store, counts });
  const own = new OwnEntries({ store, journal, link });
  const publisher = new Publisher(
    { journal, client: () => link.client, writers },
    {
      counts,
      events: {
        onLeaving: (intent) => own.leaving(intent),
        onPublished: (intent) => own.published(intent),
        onRefuted: (intent) => own.refuted(intent),
      },
    },
  );
  const withdrawals = new Withdrawals(
    { deadlineMs: settings.withdrawalDeadlineMs ?? WITHDRAWAL_DEADLINE_MS },
    { journal, store, link, fetch, publisher, writers },
  );
  return { link, fetch, publisher, own, withdrawals };
}
