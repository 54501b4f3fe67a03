import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { join } from "node:path";
import { toHex } from "../../../base/bytes.ts";
import { syncFolder } from "../../../base/host/atomic-file.ts";
import type { Hash } from "../../../base/types.ts";
import type { SignedWriteSet } from "../../types.ts";
import {
  INLINE_VALUE_BYTES_MAX,
  JOURNAL_BYTES_MAX,
  JOURNAL_COUNT_MAX,
  JOURNAL_VALUE_BYTES_MAX,
} from "../limits.ts";
import { encodeRecord } from "./journal-record.ts";
import type { Intent } from "./journal-record.ts";
import { JournalSegments } from "./journal-segments.ts";

/** A put that the cluster has not executed yet. */
export interface Publication {
  readonly id: number;
  readonly intent: Intent;
  readonly signed: SignedWriteSet | undefined;
  /** Small bytes that no signed set carried when they came. */
  readonly value: Uint8Array | undefined;
  /** Larger than INLINE_VALUE_BYTES_MAX: the value lies in a file of the journal. */
  readonly filed: boolean;
}

export interface JournalBounds {
  readonly countMax?: number;
  readonly bytesMax?: number;
  readonly valueBytesMax?: number;
}

interface Slot {
  publication: Publication;
  readonly segment: number;
  /** Held in memory. */
  readonly charge: number;
}

/**
 * What was promised to tools and not yet to the cluster. Durable before a tool is answered; read
 * back after a crash and sent again with the same signed bytes.
 */
export class Journal {
  readonly corrupt: number;
  readonly #values: string;
  readonly #segments: JournalSegments;
  readonly #bounds: Required<JournalBounds>;
  readonly #slots = new Map<number, Slot>();
  /** How many publications need a value's file. */
  readonly #fileUses = new Map<string, number>();
  /** Ids by the entry that they are for. */
  readonly #byEntry = new Map<string, Set<number>>();
  #nextId = 1;
  #bytes = 0;
  #valueBytes = 0;
  #lowestSegment = 0;

  private constructor(
    folder: string,
    segments: JournalSegments,
    corrupt: number,
    bounds: JournalBounds,
  ) {
    this.#values = join(folder, "values");
    this.#segments = segments;
    this.corrupt = corrupt;
    this.#bounds = {
      countMax: bounds.countMax ?? JOURNAL_COUNT_MAX,
      bytesMax: bounds.bytesMax ?? JOURNAL_BYTES_MAX,
      valueBytesMax: bounds.valueBytesMax ?? JOURNAL_VALUE_BYTES_MAX,
    };
  }

  static async open(folder: string, bounds: JournalBounds = {}): Promise<Journal> {
    await mkdir(join(folder, "values"), { recursive: true });
    const { segments, replay } = await JournalSegments.open(folder);
    const journal = new Journal(folder, segments, replay.corrupt, bounds);
    for (const { record, segment } of replay.records) {
      if (record.type === "add") {
        const { id, intent, signed, value } = record;
        const filed = intent.size > INLINE_VALUE_BYTES_MAX;
        journal.#enter({ id, intent, signed, value, filed }, segment);
      } else if (record.type === "sign") {
        journal.#replaceSigned(record.id, record.signed, record.succeeds);
      } else {
        journal.#leave(record.id);
      }
    }
    await journal.#removeStrayFiles();
    await journal.#removeSegments();
    return journal;
  }

  get depth(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes + this.#valueBytes;
  }

  /** Oldest first. */
  pending(): Publication[] {
    return [...this.#slots.values()].map((slot) => slot.publication);
  }

  /** What waits for one entry, oldest first. */
  waitingFor(namespace: string, name: string): Publication[] {
    const ids = this.#byEntry.get(entryText(namespace, name)) ?? [];
    return [...ids].flatMap((id) => this.#slots.get(id)?.publication ?? []);
  }

  isWaiting(namespace: string, name: string): boolean {
    return this.#byEntry.has(entryText(namespace, name));
  }

  has(id: number): boolean {
    return this.#slots.has(id);
  }

  isFull(size: number, filed: boolean): boolean {
    if (this.#slots.size >= this.#bounds.countMax) return true;
    return filed
      ? this.#valueBytes + size > this.#bounds.valueBytesMax
      : this.#bytes + size > this.#bounds.bytesMax;
  }

  /** Where a body that is too large for memory is received. */
  spoolPath(): string {
    return join(this.#values, `incoming-${process.pid}-${spoolCounter++}`);
  }

  /** Makes a value durable under its digest. `source` is a file of `spoolPath`, or bytes. */
  async keepValue(digest: Hash, source: string | Uint8Array): Promise<void> {
    const path = typeof source === "string" ? source : this.spoolPath();
    const file = await open(path, typeof source === "string" ? "r+" : "wx", 0o600);
    try {
      if (typeof source !== "string") await file.writeFile(source);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(path, this.#valuePath(digest));
    syncFolder(this.#values);
  }

  openValue(digest: Hash): AsyncIterable<Uint8Array> {
    return createReadStream(this.#valuePath(digest), { highWaterMark: 256 * 1024 });
  }

  /** Resolves once the publication is durable. */
  async add(
    intent: Intent,
    content: {
      readonly signed: SignedWriteSet | undefined;
      readonly value: Uint8Array | undefined;
    },
  ): Promise<Publication> {
    const id = this.#nextId++;
    const { signed } = content;
    const filed = intent.size > INLINE_VALUE_BYTES_MAX;
    const value = filed || signed?.inline === true ? undefined : content.value;
    const record = encodeRecord({ type: "add", id, intent, signed, value });
    const segment = await this.#segments.append(record);
    const publication: Publication = { id, intent, signed, value, filed };
    this.#enter(publication, segment);
    return publication;
  }

  /** Resolves once the newly signed bytes are durable, so that only they are ever sent again. */
  async resign(id: number, signed: SignedWriteSet, succeeds: number): Promise<Publication> {
    await this.#segments.append(encodeRecord({ type: "sign", id, signed, succeeds }));
    this.#replaceSigned(id, signed, succeeds);
    const slot = this.#slots.get(id);
    if (slot === undefined) throw new Error("a publication that is gone was signed anew");
    return slot.publication;
  }

  /** Nothing is left to be done. Need not be awaited: at worst it is done once more. */
  async done(id: number): Promise<void> {
    const slot = this.#leave(id);
    if (slot === undefined) return;
    const { publication } = slot;
    await this.#segments.append(encodeRecord({ type: "done", id }));
    if (publication.filed && !this.#fileUses.has(toHex(publication.intent.digest))) {
      await rm(this.#valuePath(publication.intent.digest), { force: true });
    }
    await this.#removeSegments();
  }

  close(): Promise<void> {
    return this.#segments.close();
  }

  #enter(publication: Publication, segment: number): void {
    const charge = (publication.signed?.bytes.length ?? 0) + (publication.value?.length ?? 0);
    this.#slots.set(publication.id, { publication, segment, charge });
    this.#bytes += charge;
    this.#nextId = Math.max(this.#nextId, publication.id + 1);
    const text = entryText(publication.intent.namespace, publication.intent.name);
    const ids = this.#byEntry.get(text);
    if (ids === undefined) this.#byEntry.set(text, new Set([publication.id]));
    else ids.add(publication.id);
    if (!publication.filed) return;
    const name = toHex(publication.intent.digest);
    this.#fileUses.set(name, (this.#fileUses.get(name) ?? 0) + 1);
    this.#valueBytes += publication.intent.size;
  }

  #leave(id: number): Slot | undefined {
    const slot = this.#slots.get(id);
    if (slot === undefined) return undefined;
    this.#slots.delete(id);
    this.#bytes -= slot.charge;
    const text = entryText(slot.publication.intent.namespace, slot.publication.intent.name);
    const ids = this.#byEntry.get(text);
    ids?.delete(id);
    if (ids?.size === 0) this.#byEntry.delete(text);
    if (slot.publication.filed) {
      const name = toHex(slot.publication.intent.digest);
      const uses = (this.#fileUses.get(name) ?? 0) - 1;
      if (uses > 0) this.#fileUses.set(name, uses);
      else this.#fileUses.delete(name);
      this.#valueBytes -= slot.publication.intent.size;
    }
    return slot;
  }

  #replaceSigned(id: number, signed: SignedWriteSet, succeeds: number): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    const { publication } = slot;
    slot.publication = { ...publication, signed, intent: { ...publication.intent, succeeds } };
  }

  async #removeSegments(): Promise<void> {
    // Slots are in the order of their segments, so the first has the lowest.
    const first = this.#slots.values().next().value;
    const lowest = first?.segment ?? Number.POSITIVE_INFINITY;
    if (lowest === this.#lowestSegment) return;
    this.#lowestSegment = lowest;
    await this.#segments.removeBelow(lowest);
  }

  #valuePath(digest: Hash): string {
    return join(this.#values, toHex(digest));
  }

  /** Bodies that a crash cut off, and values whose publication was never recorded. */
  async #removeStrayFiles(): Promise<void> {
    for (const name of await readdir(this.#values)) {
      if (!this.#fileUses.has(name)) await unlink(join(this.#values, name));
    }
  }
}

let spoolCounter = 0;

/** A namespace holds no slash, so no two entries share a text. */
function entryText(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}
