import { setMaxListeners } from "node:events";
import { equalBytes } from "../../base/bytes.ts";
import { writeSetCodec } from "../../consensus/wire/write-set.ts";
import { mutabilityOf } from "../../proof/digest/registry.ts";
import type { Client, PutItem, StatResult, StreamedValue } from "../types.ts";
import { attemptOf } from "./attempt.ts";
import type { Attempt } from "./attempt.ts";
import type { Counts } from "./counts.ts";
import type { Journal, Publication } from "./journal/journal.ts";
import type { Intent } from "./journal/journal-record.ts";
import {
  PUBLICATION_COUNT_MAX,
  PUBLICATION_DEADLINE_MS,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
} from "./limits.ts";
import type { WriterKeys } from "./writer-keys.ts";

export interface PublisherEvents {
  /** The cluster has executed it; it is about to leave the journal. */
  readonly onLeaving: (intent: Intent) => void;
  /** The cluster has executed it, and it has left. */
  readonly onPublished: (intent: Intent) => void;
  /** The cluster answers something else under this key, has withdrawn it, or refuses it for good. */
  readonly onRefuted: (intent: Intent) => void;
}

/**
 * Brings what the journal holds to the cluster, in the background. The same signed bytes are sent
 * until the cluster has judged them or they have lapsed; what lapsed is signed anew only if the
 * key is still absent. A versioned write that came too late is retried once against the newer
 * version.
 */
export class Publisher {
  readonly #journal: Journal;
  readonly #client: () => Client | undefined;
  readonly #writers: WriterKeys;
  readonly #counts: Counts;
  readonly #events: PublisherEvents;
  readonly #queue: Publication[] = [];
  readonly #ends = new AbortController();
  /** Publications between two attempts, with what ends their wait. */
  readonly #pauses = new Map<number, () => void>();
  /** Whose signed bytes may have reached a replica, and may be executed until they are judged. */
  readonly #sent = new Set<number>();
  /** Cancelled after they were sent: judged, and then not signed anew and not served. */
  readonly #doomed = new Map<number, (judged: boolean) => void>();
  #running = 0;

  constructor(
    options: {
      readonly journal: Journal;
      readonly client: () => Client | undefined;
      readonly writers: WriterKeys;
    },
    dependencies: { readonly counts: Counts; readonly events: PublisherEvents },
  ) {
    // Every publication under way listens, and their number is bounded: no leak to be warned of.
    setMaxListeners(0, this.#ends.signal);
    this.#journal = options.journal;
    this.#client = options.client;
    this.#writers = options.writers;
    this.#counts = dependencies.counts;
    this.#events = dependencies.events;
    for (const publication of options.journal.pending()) {
      this.#queue.push(publication);
      // The process before may have sent what it had signed.
      if (publication.signed !== undefined) this.#sent.add(publication.id);
    }
  }

  publish(publication: Publication): void {
    this.#queue.push(publication);
    this.wake();
  }

  /** There is something to do, or a cluster to do it with. */
  wake(): void {
    while (
      this.#running < PUBLICATION_COUNT_MAX &&
      this.#queue.length > 0 &&
      this.#client() !== undefined &&
      !this.#ends.signal.aborted
    ) {
      const publication = this.#queue.shift() as Publication;
      this.#running++;
      void this.#carry(publication).finally(() => {
        this.#running--;
        this.wake();
      });
    }
  }

  /**
   * Resolves once none of these can be executed any more: what was never sent leaves at once, what
   * was sent when the cluster has judged it. False: this process ends before that.
   */
  async cancel(publications: readonly Publication[]): Promise<boolean> {
    const ends = publications.map(({ id }) => this.#cancelOne(id));
    return (await Promise.all(ends)).every((judged) => judged);
  }

  close(): void {
    this.#ends.abort();
    for (const resume of this.#pauses.values()) resume();
    for (const resolve of this.#doomed.values()) resolve(false);
  }

  async #cancelOne(id: number): Promise<boolean> {
    if (!this.#sent.has(id)) {
      await this.#journal.done(id);
      return true;
    }
    if (this.#ends.signal.aborted) return false;
    const earlier = this.#doomed.get(id);
    return new Promise((resolve) => {
      this.#doomed.set(id, (judged) => {
        earlier?.(judged);
        resolve(judged);
      });
      this.#pauses.get(id)?.();
      // Somebody waits for it, so it goes before those that nobody waits for.
      const at = this.#queue.findIndex((publication) => publication.id === id);
      if (at > 0) this.#queue.unshift(...this.#queue.splice(at, 1));
      this.wake();
    });
  }

  async #carry(publication: Publication): Promise<void> {
    let current = publication;
    let waitMs = RETRY_MS_MIN;
    let newerVersionTried = false;
    while (!this.#ends.signal.aborted && this.#journal.has(publication.id)) {
      const client = this.#client();
      let attempt: Attempt = "later";
      if (client !== undefined) {
        const signed = await this.#signed(client, current);
        if (typeof signed === "string") attempt = signed;
        else attempt = await this.#attempt(client, (current = signed));
      }
      if (client !== undefined && (attempt === "stale-version" || attempt === "lapsed")) {
        const anew =
          !this.#doomed.has(publication.id) && (attempt === "lapsed" || !newerVersionTried);
        newerVersionTried ||= attempt === "stale-version";
        const next = anew ? await this.#signAnew(client, current, attempt) : "dropped";
        if (typeof next !== "string") {
          current = next;
          continue;
        }
        attempt = next;
      }
      if (attempt !== "later") return this.#finish(current, attempt);
      if (!this.#journal.has(publication.id)) return;
      await this.#pause(publication.id, waitMs);
      waitMs = Math.min(RETRY_MS_MAX, waitMs * 2);
    }
  }

  async #attempt(client: Client, publication: Publication): Promise<Attempt> {
    const { signed } = publication;
    // Not signed, or cancelled while it was.
    if (signed === undefined || !this.#journal.has(publication.id)) return "later";
    this.#sent.add(publication.id);
    try {
      const values = signed.inline ? [] : [this.#streamed(publication)];
      const [result] = await client.submit(signed, values, {
        deadlineMs: PUBLICATION_DEADLINE_MS,
        signal: this.#ends.signal,
      });
      if (result === undefined) return "later";
      return result.status === "fulfilled" ? "published" : attemptOf(result.reason);
    } catch (error) {
      return attemptOf(error);
    }
  }

  /** With the one signature that is sent until it is judged; unsigned while none can be had. */
  async #signed(client: Client, publication: Publication): Promise<Publication | Attempt> {
    if (publication.signed !== undefined) return publication;
    const { succeeds } = publication.intent;
    try {
      const writing = this.#writers.writing(client, publication.intent.writer);
      if (writing === undefined) return "dropped";
      const signed = await writing.sign([this.#item(publication, succeeds)]);
      return await this.#journal.resign(publication.id, signed, succeeds);
    } catch (error) {
      return attemptOf(error);
    }
  }

  /** A new signature where one may help; else what the attempt comes to. */
  async #signAnew(
    client: Client,
    publication: Publication,
    why: "stale-version" | "lapsed",
  ): Promise<Publication | Attempt> {
    const { intent } = publication;
    try {
      const now = await client.stat(intent.namespace, intent.name, { kind: "session" });
      const standing = standingOf(now, intent);
      if (standing === "served") return "published";
      const versioned = mutabilityOf(intent.kind) === "versioned";
      if (standing === "other" && !versioned) return "conflict";
      // A lapsed write is older than what stands there now; it must not replace it.
      if (standing === "other" && why === "lapsed") return "dropped";
      const writing = this.#writers.writing(client, intent.writer);
      if (writing === undefined) return "dropped";
      const succeeds = versionOf(now);
      const signed = await writing.sign([this.#item(publication, succeeds)]);
      return await this.#journal.resign(publication.id, signed, succeeds);
    } catch {
      return "later";
    }
  }

  #item(publication: Publication, succeeds: number): PutItem {
    const { intent } = publication;
    const value = publication.filed ? this.#filed(intent) : heldValue(publication);
    return {
      namespace: intent.namespace,
      key: intent.name,
      value,
      kind: intent.kind,
      semanticDigest: intent.semanticDigest,
      succeeds,
    };
  }

  #streamed(publication: Publication): StreamedValue {
    if (publication.filed) return this.#filed(publication.intent);
    const { digest, size } = publication.intent;
    const bytes = heldValue(publication);
    return {
      digest,
      size,
      async *open() {
        yield bytes;
      },
    };
  }

  #filed(intent: Intent): StreamedValue {
    const { digest, size } = intent;
    return { digest, size, open: () => this.#journal.openValue(digest) };
  }

  async #finish(publication: Publication, attempt: Attempt): Promise<void> {
    // The next process finds it in the journal, and the cluster executes it once.
    if (this.#ends.signal.aborted) return;
    const { id, intent } = publication;
    this.#sent.delete(id);
    const doomed = this.#doomed.get(id);
    this.#counts.publication(doomed === undefined ? attempt : "cancelled");
    if (attempt === "conflict") this.#counts.evidence++;
    if (doomed === undefined && attempt === "published") this.#events.onLeaving(intent);
    await this.#journal.done(id).catch(() => this.#counts.publication("unrecorded"));
    this.#doomed.delete(id);
    if (doomed !== undefined) return doomed(true);
    if (this.#ends.signal.aborted) return;
    if (attempt === "published") this.#events.onPublished(intent);
    else this.#events.onRefuted(intent);
  }

  #pause(id: number, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const resume = (): void => {
        clearTimeout(timer);
        this.#pauses.delete(id);
        resolve();
      };
      const timer = setTimeout(resume, ms);
      this.#pauses.set(id, resume);
    });
  }
}

function standingOf(now: StatResult, intent: Intent): "served" | "other" | "absent" {
  if (now.status === "miss") return "absent";
  const { kind, semanticDigest } = now.entry;
  const same = kind === intent.kind && equalBytes(semanticDigest, intent.semanticDigest);
  return same ? "served" : "other";
}

function versionOf(now: StatResult): number {
  return (now.status === "hit" ? now.entry.version : now.row?.version) ?? 0;
}

/** A small value: as it came, or out of the set that was signed over it. */
function heldValue(publication: Publication): Uint8Array {
  if (publication.value !== undefined) return publication.value;
  const set = publication.signed && writeSetCodec.tryDecode(publication.signed.bytes);
  const value = set?.values[0];
  return value ?? new Uint8Array(0);
}
