import { rm } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import { equalBytes } from "../../base/bytes.ts";
import { mutabilityOf } from "../../proof/digest/registry.ts";
import type { Client, SignedWriteSet } from "../types.ts";
import type { Auditor } from "./audit/auditor.ts";
import { BodyMemory } from "./body-memory.ts";
import { lasting, readBody } from "./body-reader.ts";
import type { ReceivedBody } from "./body-reader.ts";
import type { Counts } from "./counts.ts";
import type { TakenBody } from "./entry-form.ts";
import { sameMeaning } from "./entry-record.ts";
import type { EntryRecord } from "./entry-record.ts";
import type { Journal, Publication } from "./journal/journal.ts";
import type { Intent } from "./journal/journal-record.ts";
import { INLINE_VALUE_BYTES_MAX, OWN_MS_MAX, VALUE_BYTES_MAX } from "./limits.ts";
import type { Held, LocalStore } from "./local-store.ts";
import type { Certainty, PutOutcome } from "./outcome.ts";
import type { DoorRoute, Route } from "./route.ts";
import { withDeadline } from "./with-deadline.ts";
import type { WriterKeys, WriterName } from "./writer-keys.ts";

/** Who may answer before a signature is had: a journal must not wait for a cluster. */
const SIGN_MS_MAX = 500;

export interface IntakeDependencies {
  readonly store: LocalStore;
  readonly journal: Journal;
  readonly counts: Counts;
  readonly audit: Auditor | undefined;
  /** False in local mode: nothing is journalled, because nothing is published. */
  readonly publishes: boolean;
  readonly client: () => Client | undefined;
  readonly writers: WriterKeys;
  readonly certaintyOf: (route: Route, held: Held) => Certainty | undefined;
  readonly publish: (publication: Publication) => void;
}

/** Under which key what is put where. */
interface Put {
  readonly route: DoorRoute;
  readonly writer: WriterName;
}

/** Takes a PUT in: answered once bytes and signed intent are on this disk. */
export class Intake {
  readonly #parts: IntakeDependencies;
  readonly #memory = new BodyMemory();

  constructor(parts: IntakeDependencies) {
    this.#parts = parts;
  }

  /** Never throws: a full or broken disk is an outcome, too. */
  receive(route: DoorRoute, request: IncomingMessage, writer: WriterName): Promise<PutOutcome> {
    const taken = (): TakenBody =>
      route.form.take?.(request, route) ?? { kindOf: undefined, bytes: request };
    const isCutOff = (): boolean => request.destroyed && !request.readableEnded;
    return this.#receive({ route, writer }, taken, isCutOff);
  }

  /** A body that its door takes apart itself. Never throws. */
  receiveBody(
    route: DoorRoute,
    body: TakenBody,
    writer: WriterName,
    isCutOff: () => boolean = () => false,
  ): Promise<PutOutcome> {
    return this.#receive({ route, writer }, () => body, isCutOff);
  }

  /** A whole body that is at hand. Never throws. */
  receiveBytes(route: DoorRoute, bytes: Uint8Array, writer: WriterName): Promise<PutOutcome> {
    const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      yield bytes;
    };
    return this.#receive(
      { route, writer },
      () => ({ kindOf: undefined, bytes: source() }),
      () => false,
    );
  }

  async #receive(put: Put, take: () => TakenBody, isCutOff: () => boolean): Promise<PutOutcome> {
    let path: string | undefined;
    const spoolPath = (): string => (path = this.#parts.journal.spoolPath());
    try {
      const body = await readBody(take(), { spoolPath, memory: this.#memory, isCutOff });
      if (typeof body === "string") return body;
      return fits(put.route, body) ? await this.#accept(put, body) : "malformed";
    } catch {
      // A full or broken disk: the tool has its result, only the cache has not.
      return "failed";
    } finally {
      if (path !== undefined) await rm(path, { force: true }).catch(() => undefined);
    }
  }

  /** Reads the body to its end: a tool that is cut off while it sends takes that for a failure. */
  async discard(source: IncomingMessage): Promise<PutOutcome> {
    let size = 0;
    try {
      for await (const chunk of lasting(source)) {
        size += (chunk as Uint8Array).length;
        if (size > VALUE_BYTES_MAX) return "over-size";
      }
      return "read-only";
    } catch {
      return "cut-off";
    }
  }

  async #accept(put: Put, body: ReceivedBody): Promise<PutOutcome> {
    const { route, writer } = put;
    const { store, counts, certaintyOf, publishes } = this.#parts;
    const found = store.find(route.location);
    const held = found?.record;
    if (found !== undefined && held !== undefined && certaintyOf(route, found) === "certified") {
      const isImmutable = mutabilityOf(held.kind) === "immutable";
      const audited = await this.#audit(put, found, body, isImmutable && publishes);
      if (sameMeaning(held, body.kind, body.semanticDigest)) {
        if (audited || store.value(body.digest) !== undefined) return "unchanged";
      } else if (isImmutable) {
        counts.evidence++;
        return "conflict";
      }
    }
    const succeeds = mutabilityOf(body.kind) === "versioned" ? (held?.version ?? 0) : 0;
    if (!(await this.#keepValue(body))) return "failed";
    const published = !publishes || (await this.#journalize(put, body, succeeds));
    store.keep(route.location, ownRecord(body, succeeds, writer), body);
    return published ? "stored" : "unpublished";
  }

  /**
   * What was made again says something to the cluster, whether it agrees (one more operator stands
   * behind the entry) or not (evidence): it is published, and nothing that is served changes.
   */
  async #audit(put: Put, held: Held, body: ReceivedBody, says: boolean): Promise<boolean> {
    const { audit } = this.#parts;
    const { route } = put;
    if (audit?.isWaiting(route) !== true) return false;
    const { record, entry } = held;
    await audit.settle(route, { record, valueDigest: entry.valueDigest }, body);
    if (says) await this.#journalize(put, body, 0);
    return true;
  }

  async #keepValue(body: ReceivedBody): Promise<boolean> {
    if (body.bytes === undefined) {
      return this.#parts.store.keepFile(body.digest, body.size, body.path as string);
    }
    this.#parts.store.keepBytes(body.digest, body.bytes);
    return true;
  }

  /** False: the journal is full, and this newest publication is dropped. */
  async #journalize(
    { route, writer }: Put,
    body: ReceivedBody,
    succeeds: number,
  ): Promise<boolean> {
    const filed = body.size > INLINE_VALUE_BYTES_MAX;
    if (this.#parts.journal.isFull(body.size, filed)) {
      this.#parts.counts.journalDrops++;
      return false;
    }
    if (filed)
      await this.#parts.journal.keepValue(body.digest, body.bytes ?? (body.path as string));
    const { kind, digest, size, semanticDigest } = body;
    const { namespace, name } = route;
    const intent: Intent = {
      ...{ namespace, name, kind, digest, size, semanticDigest, succeeds, writer },
    };
    const signed = await this.#sign(intent, body.bytes);
    const publication = await this.#parts.journal.add(intent, { signed, value: body.bytes });
    this.#parts.publish(publication);
    return true;
  }

  /** Undefined while nothing can be signed: the intent is journalled as it is and signed later. */
  async #sign(intent: Intent, bytes: Uint8Array | undefined): Promise<SignedWriteSet | undefined> {
    const client = this.#parts.client();
    const writing = client && this.#parts.writers.writing(client, intent.writer);
    if (writing === undefined) return undefined;
    const { digest, size } = intent;
    const inline = size <= INLINE_VALUE_BYTES_MAX ? bytes : undefined;
    const value = inline ?? { digest, size, open: () => this.#parts.journal.openValue(digest) };
    const { namespace, name, kind, semanticDigest, succeeds } = intent;
    const item = { namespace, key: name, value, kind, semanticDigest, succeeds };
    const signed = writing.sign([item]).catch(() => undefined);
    return withDeadline(signed, SIGN_MS_MAX, undefined);
  }
}

/** What could not be handed out again is not taken in. */
function fits({ form, contentDigest }: DoorRoute, body: ReceivedBody): boolean {
  if (form.kinds?.has(body.kind) === false) return false;
  return contentDigest === undefined || equalBytes(contentDigest, body.digest);
}

function ownRecord(body: ReceivedBody, version: number, writer: WriterName): EntryRecord {
  return {
    certified: false,
    kind: body.kind,
    semanticDigest: body.semanticDigest,
    certifiedDigest: body.digest,
    version,
    expiryMs: Date.now() + OWN_MS_MAX,
    writer,
  };
}
