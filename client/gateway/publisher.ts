import { equalBytes } from "../../base/bytes.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import { writeSetCodec } from "../../consensus/wire/write-set.ts";
import { mutabilityOf } from "../../proof/digest/registry.ts";
import type { Client, PutItem, SignedWriteSet, StatResult, StreamedValue } from "../types.ts";
import type { Counts } from "./counts.ts";
import type { Journal, Publication } from "./journal/journal.ts";
import type { Intent } from "./journal/journal-record.ts";
import {
  PUBLICATION_COUNT_MAX,
  PUBLICATION_DEADLINE_MS,
  RETRY_MS_MAX,
  RETRY_MS_MIN,
} from "./limits.ts";

/** How one attempt to publish ended. */
type Attempt =
  | "published"
  | "conflict"
  | "withdrawn"
  | "dropped"
  | "stale-version"
  | "lapsed"
  | "later";

/** Codes after which these signed bytes will never be executed, though others might. */
const LAPSED: ReadonlySet<string> = new Set([
  "WRITE_EXPIRED",
  "BELOW_WINDOW",
  "ALREADY_EXECUTED",
  "WRONG_EPOCH",
]);
/** Another answer stands: ours is evidence, and the cluster holds it. */
const CONFLICT: ReadonlySet<string> = new Set(["DIFFERS", "DISPUTED"]);
/** No later attempt can end otherwise. */
const FINAL: ReadonlySet<string> = new Set([
  "NOT_ENROLLED",
  "NOT_ALLOWED",
  "WRITE_MALFORMED",
  "MALFORMED",
  "UNKNOWN_KIND",
  "VOTES_FULL",
  "WRITE_INVALID",
  "NOT_A_WRITER",
]);

export interface PublisherEvents {
  /** The cluster has executed it. */
  readonly onPublished: (intent: Intent) => void;
  /** The cluster answers something else under this key, or has withdrawn it. */
  readonly onConflict: (intent: Intent) => void;
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
  readonly #counts: Counts;
  readonly #events: PublisherEvents;
  readonly #queue: Publication[] = [];
  readonly #ends = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  #running = 0;

  constructor(
    options: { readonly journal: Journal; readonly client: () => Client | undefined },
    dependencies: { readonly counts: Counts; readonly events: PublisherEvents },
  ) {
    this.#journal = options.journal;
    this.#client = options.client;
    this.#counts = dependencies.counts;
    this.#events = dependencies.events;
    this.#queue.push(...options.journal.pending());
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

  close(): void {
    this.#ends.abort();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  async #carry(publication: Publication): Promise<void> {
    let current = publication;
    let waitMs = RETRY_MS_MIN;
    let newerVersionTried = false;
    while (!this.#ends.signal.aborted && this.#journal.has(publication.id)) {
      const client = this.#client();
      let attempt = client === undefined ? "later" : await this.#attempt(client, current);
      if (client !== undefined && (attempt === "stale-version" || attempt === "lapsed")) {
        const anew = attempt === "lapsed" || !newerVersionTried;
        newerVersionTried ||= attempt === "stale-version";
        const next = anew ? await this.#signAnew(client, current, attempt) : "dropped";
        if (typeof next !== "string") {
          current = next;
          continue;
        }
        attempt = next;
      }
      if (attempt !== "later") return this.#finish(current, attempt);
      await this.#pause(waitMs);
      waitMs = Math.min(RETRY_MS_MAX, waitMs * 2);
    }
  }

  async #attempt(client: Client, publication: Publication): Promise<Attempt> {
    try {
      const signed = publication.signed ?? (await this.#sign(client, publication));
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

  async #sign(client: Client, publication: Publication): Promise<SignedWriteSet> {
    const { intent } = publication;
    const signed = await client.sign([this.#item(publication, intent.succeeds)]);
    await this.#journal.resign(publication.id, signed, intent.succeeds);
    return signed;
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
      const succeeds = versionOf(now);
      const signed = await client.sign([this.#item(publication, succeeds)]);
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
    this.#counts.publication(attempt);
    if (attempt === "conflict") this.#counts.evidence++;
    await this.#journal.done(publication.id).catch(() => this.#counts.publication("unrecorded"));
    if (attempt === "published") this.#events.onPublished(publication.intent);
    const isRefuted = attempt === "conflict" || attempt === "withdrawn";
    if (isRefuted) this.#events.onConflict(publication.intent);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        resolve();
      }, ms);
      this.#timers.add(timer);
      this.#ends.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}

function attemptOf(error: unknown): Attempt {
  const code = error instanceof QuorateError ? error.code : "";
  if (code === "STALE_VERSION") return "stale-version";
  if (LAPSED.has(code)) return "lapsed";
  if (CONFLICT.has(code)) return "conflict";
  // A tombstone stands: what an operator withdrew must not go on being served from here.
  if (code === "WITHDRAWN") return "withdrawn";
  return FINAL.has(code) ? "dropped" : "later";
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
