import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { equalBytes } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { mutabilityOf } from "../../proof/digest/registry.ts";
import type { Client, SignedWriteSet } from "../types.ts";
import { readBody } from "./body-reader.ts";
import type { ReceivedBody } from "./body-reader.ts";
import { ClusterFetch, miss, recordOf } from "./cluster-fetch.ts";
import { ClusterLink } from "./cluster-link.ts";
import { Counts } from "./counts.ts";
import { sameMeaning } from "./entry-record.ts";
import type { EntryRecord } from "./entry-record.ts";
import type { Journal, Publication } from "./journal/journal.ts";
import type { Intent } from "./journal/journal-record.ts";
import {
  BODY_MEMORY_BYTES_MAX,
  DOOR_DEADLINE_MS,
  INLINE_VALUE_BYTES_MAX,
  WHOLE_BODY_BYTES_MAX,
  WITHDRAWAL_DEADLINE_MS,
} from "./limits.ts";
import type { LocalStore } from "./local-store.ts";
import type {
  Certainty,
  DeleteOutcome,
  ExistsOutcome,
  GetOutcome,
  Hit,
  PutOutcome,
} from "./outcome.ts";
import { Publisher } from "./publisher.ts";
import { routeOf } from "./route.ts";
import type { Route } from "./route.ts";
import { withDeadline } from "./with-deadline.ts";

export interface GatewaySettings {
  /** Without any cluster: L1 and L2 only. */
  readonly local: boolean;
  /** No key: PUT and DELETE are refused in the tool's own terms. */
  readonly readOnly: boolean;
  /** Serve proven entries while the revocation log cannot be followed. */
  readonly allowStale: boolean;
  readonly freshnessMsMax: number;
  readonly doorDeadlineMs?: number | undefined;
}

export interface GatewayDependencies {
  /** Tried until it succeeds; never called in local mode. */
  readonly connect: (signal: AbortSignal) => Promise<Client>;
  readonly store: LocalStore;
  readonly journal: Journal;
}

/** Who may answer before a signature is had: a journal must not wait for a cluster. */
const SIGN_MS_MAX = 500;

/**
 * What stands between the doors and L1, L2, journal and cluster.
 *
 * 1. GET: L1, L2, cluster. A kept entry is certified only while the revocation log was followed to
 *    a root no older than `freshnessMsMax`; else stale, where that is allowed, or asked for anew.
 * 2. PUT is answered once bytes and intent are durable here. Until certified, an entry is answered
 *    to this gateway's tools only, as `own`.
 * 3. Nothing here throws at a door: whatever goes wrong is an outcome with a reason.
 */
export class Gateway {
  readonly counts = new Counts();
  readonly settings: GatewaySettings;
  readonly journal: Journal;
  readonly #store: LocalStore;
  readonly #link: ClusterLink | undefined;
  readonly #fetch: ClusterFetch | undefined;
  readonly #publisher: Publisher | undefined;
  #bodies = 0;

  constructor(settings: GatewaySettings, dependencies: GatewayDependencies) {
    this.settings = settings;
    this.journal = dependencies.journal;
    this.#store = dependencies.store;
    if (settings.local) return;
    const { counts, journal } = this;
    this.#link = new ClusterLink(dependencies.connect, {
      onConnected: () => this.#publisher?.wake(),
      onRevoked: (location, certifiedDigest) => {
        this.#fetch?.noteRevoked(location);
        if (this.#store.revoke(location, certifiedDigest)) this.counts.refusal("revoked");
      },
    });
    const link = this.#link;
    this.#fetch = new ClusterFetch(
      {
        deadlineMs: settings.doorDeadlineMs ?? DOOR_DEADLINE_MS,
        allowStale: settings.allowStale,
      },
      { link, store: this.#store, counts },
    );
    this.#publisher = new Publisher(
      { journal, client: () => link.client },
      {
        counts,
        events: {
          onPublished: (intent) => void this.#settle(intent).catch(() => undefined),
          onConflict: (intent) => this.#dropOwn(intent),
        },
      },
    );
  }

  get client(): Client | undefined {
    return this.#link?.client;
  }

  /** Why there is no client, when there is none. */
  get trouble(): string | undefined {
    return this.#link?.trouble;
  }

  logAgeMs(): number {
    return this.#link?.logAgeMs() ?? Number.POSITIVE_INFINITY;
  }

  isReachable(): boolean {
    return this.#link?.isReachable() ?? false;
  }

  /** From L1 or L2, at once; undefined: only the cluster can say. Counted. */
  lookLocally(route: Route): Hit | undefined {
    const held = this.#store.find(route.location);
    if (held === undefined) return undefined;
    const certainty = this.#certaintyOf(held.record);
    if (certainty === undefined) return undefined;
    const at = this.#store.value(held.entry.valueDigest);
    if (at === undefined) return undefined;
    this.counts.hit(at.level, certainty);
    return { status: "hit", certainty, level: at.level, size: at.value.size, value: at.value };
  }

  /** After {@link lookLocally} knew nothing. Counted. */
  async lookFurther(route: Route): Promise<GetOutcome> {
    const outcome = (await this.#fetch?.get(route)) ?? miss("absent");
    if (outcome.status === "hit") this.counts.hit(outcome.level, outcome.certainty);
    else this.counts.miss(outcome.reason);
    return outcome;
  }

  async exists(route: Route): Promise<ExistsOutcome> {
    const held = this.#store.find(route.location);
    const certainty = held && this.#certaintyOf(held.record);
    if (held !== undefined && certainty !== undefined) {
      return { status: "hit", certainty, size: held.entry.size };
    }
    return (await this.#fetch?.exists(route)) ?? miss("absent");
  }

  async put(route: Route, source: Readable): Promise<PutOutcome> {
    const outcome = this.settings.readOnly ? "read-only" : await this.#receive(route, source);
    this.counts.put(outcome);
    return outcome;
  }

  async delete(route: Route): Promise<DeleteOutcome> {
    const outcome = await this.#withdraw(route).catch((): DeleteOutcome => "failed");
    this.counts.delete(outcome);
    return outcome;
  }

  async close(): Promise<void> {
    this.#publisher?.close();
    await this.#link?.close();
    await this.journal.close();
  }

  #certaintyOf(record: EntryRecord): Certainty | undefined {
    if (this.settings.local) return "local";
    if (!record.certified) return "own";
    if (record.expiryMs !== 0 && record.expiryMs <= Date.now()) return undefined;
    if (this.logAgeMs() <= this.settings.freshnessMsMax) return "certified";
    return this.settings.allowStale ? "stale" : undefined;
  }

  async #receive(route: Route, source: Readable): Promise<PutOutcome> {
    const mayUseMemory = this.#bodies * WHOLE_BODY_BYTES_MAX < BODY_MEMORY_BYTES_MAX;
    this.#bodies++;
    let path: string | undefined;
    const spoolPath = (): string => (path = this.journal.spoolPath());
    try {
      const body = await readBody(source, { spoolPath, mayUseMemory });
      return typeof body === "string" ? body : await this.#accept(route, body);
    } catch {
      // A full or broken disk: the tool has its result, only the cache has not.
      return "failed";
    } finally {
      this.#bodies--;
      if (path !== undefined) await rm(path, { force: true }).catch(() => undefined);
    }
  }

  async #accept(route: Route, body: ReceivedBody): Promise<PutOutcome> {
    const held = this.#store.find(route.location)?.record;
    if (held !== undefined && this.#certaintyOf(held) === "certified") {
      if (sameMeaning(held, body.kind, body.semanticDigest)) {
        if (this.#store.value(body.digest) !== undefined) return "unchanged";
      } else if (mutabilityOf(held.kind) === "immutable") {
        this.counts.evidence++;
        return "conflict";
      }
    }
    const succeeds = mutabilityOf(body.kind) === "versioned" ? (held?.version ?? 0) : 0;
    if (!(await this.#keepValue(body))) return "failed";
    const published = this.settings.local || (await this.#journalize(route, body, succeeds));
    this.#store.keep(route.location, ownRecord(body, succeeds), body);
    return published ? "stored" : "unpublished";
  }

  async #keepValue(body: ReceivedBody): Promise<boolean> {
    if (body.bytes === undefined) {
      return this.#store.keepFile(body.digest, body.size, body.path as string);
    }
    this.#store.keepBytes(body.digest, body.bytes);
    return true;
  }

  /** False: the journal is full, and this newest publication is dropped. */
  async #journalize(route: Route, body: ReceivedBody, succeeds: number): Promise<boolean> {
    const filed = body.size > INLINE_VALUE_BYTES_MAX;
    if (this.journal.isFull(body.size, filed)) {
      this.counts.journalDrops++;
      return false;
    }
    if (filed) await this.journal.keepValue(body.digest, body.bytes ?? (body.path as string));
    const { kind, digest, size, semanticDigest } = body;
    const { namespace, name } = route;
    const intent: Intent = { namespace, name, kind, digest, size, semanticDigest, succeeds };
    const signed = await this.#sign(intent, body.bytes);
    const publication = await this.journal.add(intent, { signed, value: body.bytes });
    this.#publisher?.publish(publication);
    return true;
  }

  /** Undefined while nothing can be signed: the intent is journalled as it is and signed later. */
  async #sign(intent: Intent, bytes: Uint8Array | undefined): Promise<SignedWriteSet | undefined> {
    const client = this.client;
    if (client === undefined) return undefined;
    const { digest, size } = intent;
    const inline = size <= INLINE_VALUE_BYTES_MAX ? bytes : undefined;
    const value = inline ?? { digest, size, open: () => this.journal.openValue(digest) };
    const { namespace, name, kind, semanticDigest, succeeds } = intent;
    const item = { namespace, key: name, value, kind, semanticDigest, succeeds };
    const signed = client.sign([item]).catch(() => undefined);
    return withDeadline(signed, SIGN_MS_MAX, undefined);
  }

  async #withdraw(route: Route): Promise<DeleteOutcome> {
    if (this.settings.readOnly) return "read-only";
    const held = this.#store.find(route.location) !== undefined;
    this.#store.drop(route.location);
    const cancelled = await this.#cancel(route);
    if (this.settings.local) return held ? "withdrawn" : "absent";
    const client = this.client;
    if (client === undefined || !this.isReachable()) return cancelled ? "withdrawn" : "failed";
    try {
      const options = { deadlineMs: WITHDRAWAL_DEADLINE_MS };
      const done = client.delete(route.namespace, route.name, options);
      const late = "late" as const;
      if ((await withDeadline(done, WITHDRAWAL_DEADLINE_MS, late)) === late) return "failed";
      return "withdrawn";
    } catch (error) {
      const code = error instanceof QuorateError ? error.code : "";
      if (code !== "NOTHING_TO_WITHDRAW") return "failed";
      return cancelled ? "withdrawn" : "absent";
    }
  }

  /** Puts of this key that have not been published are not published any more. */
  async #cancel(route: Route): Promise<boolean> {
    const waiting = this.journal.pending().filter(({ intent }: Publication) => {
      return intent.namespace === route.namespace && intent.name === route.name;
    });
    await Promise.all(waiting.map(({ id }) => this.journal.done(id)));
    return waiting.length > 0;
  }

  /** An own entry becomes a certified one when the cluster proves that it serves the same. */
  async #settle(intent: Intent): Promise<void> {
    const client = this.client;
    const route = routeOf(intent.namespace, intent.name);
    if (client === undefined || route === undefined) return;
    const result = await client.stat(intent.namespace, intent.name, { kind: "session" });
    if (result.status === "miss") return;
    const held = this.#store.find(route.location);
    if (held === undefined || held.record.certified) return;
    const { kind, semanticDigest } = result.entry;
    if (!sameMeaning(held.record, kind, semanticDigest)) return;
    this.#store.keep(route.location, recordOf(result.entry), {
      digest: held.entry.valueDigest,
      size: held.entry.size,
    });
  }

  #dropOwn(intent: Intent): void {
    const route = routeOf(intent.namespace, intent.name);
    const held = route && this.#store.find(route.location);
    if (route === undefined || held === undefined || held.record.certified) return;
    if (equalBytes(held.entry.valueDigest, intent.digest)) this.#store.drop(route.location);
  }
}

function ownRecord(body: ReceivedBody, version: number): EntryRecord {
  return {
    certified: false,
    kind: body.kind,
    semanticDigest: body.semanticDigest,
    certifiedDigest: body.digest,
    version,
    expiryMs: 0,
  };
}
