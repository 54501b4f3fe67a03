import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { SPACE } from "../../consensus/map/state-keys.ts";
import { entryRowCodec } from "../../consensus/wire/rows.ts";
import type { BlobFiles } from "./blob-files.ts";
import { DigestSet } from "./digest-set.ts";
import type { LmdbRowStore } from "./lmdb-row-store.ts";
import type { ValueHolds } from "./value-holds.ts";
import type { ValueIndex } from "./value-index.ts";
import type { ValueLog } from "./value-log.ts";

/** Rows or digests looked at before the loop breathes: about 10 ms. */
const SLICE_COUNT = 1000;

/** A segment with less than this share alive is rewritten: then at most half of the log is dead. */
const LIVE_SHARE_MIN = 0.5;

export interface CollectorParts {
  readonly rows: LmdbRowStore;
  readonly index: ValueIndex;
  readonly log: ValueLog;
  readonly blobs: BlobFiles;
  readonly holds: ValueHolds;
  readonly flush: () => Promise<void>;
}

export interface Collected {
  readonly valueCount: number;
  readonly segmentCount: number;
}

/**
 * Removes values that no entry and no vote of the state names, and that nothing holds.
 *
 * Marks from the rows themselves rather than keeping counts beside them: a count that a crash left
 * wrong would lose bytes or keep them for ever; a mark cannot be wrong for longer than one sweep.
 * Rows that change while the mark is under way are added as they come (`note`).
 */
export class ValueCollector {
  readonly #parts: CollectorParts;
  #live: DigestSet | undefined;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
  }

  /** A row was written: what it names is alive for a sweep under way. */
  note(key: Uint8Array, row: Uint8Array | undefined): void {
    if (this.#live === undefined || row === undefined) return;
    for (const digest of valuesOf(key, row)) this.#live.add(digest);
  }

  /** One sweep, in slices; a second call while one is under way does nothing. */
  async sweep(): Promise<Collected> {
    if (this.#live !== undefined) return { valueCount: 0, segmentCount: 0 };
    this.#live = new DigestSet();
    try {
      await this.#mark();
      const valueCount = (await this.#dropSmall()) + (await this.#dropLarge());
      await this.#parts.flush();
      const segmentCount = await this.#compact();
      this.#parts.holds.trim();
      return { valueCount, segmentCount };
    } finally {
      this.#live = undefined;
    }
  }

  async #mark(): Promise<void> {
    // What is not durable yet is part of the first flush, so that the pages below show it.
    await this.#parts.flush();
    let count = 0;
    for (const [key, row] of this.#parts.rows.entries()) {
      this.note(key, row);
      if (++count % SLICE_COUNT === 0) await breathe();
    }
  }

  #isDead(digest: Hash): boolean {
    return !(this.#live?.has(digest) ?? true) && !this.#parts.holds.holds(digest);
  }

  async #dropSmall(): Promise<number> {
    const { index } = this.#parts;
    let dropped = 0;
    let after: Uint8Array | undefined;
    for (;;) {
      const page = index.page(after, SLICE_COUNT);
      for (const digest of page) {
        if (!this.#isDead(digest)) continue;
        index.remove(digest);
        dropped++;
      }
      if (page.length < SLICE_COUNT) return dropped;
      after = page.at(-1);
      await breathe();
    }
  }

  async #dropLarge(): Promise<number> {
    const { blobs } = this.#parts;
    let dropped = 0;
    for (let firstByte = 0; firstByte < 256; firstByte++) {
      for (const digest of blobs.list(firstByte)) {
        if (!this.#isDead(digest)) continue;
        blobs.remove(digest);
        dropped++;
      }
      await breathe();
    }
    return dropped;
  }

  async #compact(): Promise<number> {
    const { log } = this.#parts;
    let removed = 0;
    for (const segment of log.segments()) {
      if (segment === log.activeSegment) continue;
      const live = this.#liveIn(segment);
      const bytes = live.reduce((sum, [, length]) => sum + length, 0);
      if (bytes >= log.sizeOf(segment) * LIVE_SHARE_MIN) continue;
      if (
        !(await this.#moveOut(
          segment,
          live.map(([digest]) => digest),
        ))
      )
        continue;
      log.remove(segment);
      removed++;
    }
    return removed;
  }

  #liveIn(segment: number): (readonly [Hash, number])[] {
    const { index, log } = this.#parts;
    const live: (readonly [Hash, number])[] = [];
    for (const [digest, location] of log.scan(segment)) {
      const current = index.get(digest);
      if (current?.segment !== segment || current.offset !== location.offset) continue;
      live.push([digest, location.length]);
    }
    return live;
  }

  /** Copies what is alive to the end of the log; true once LMDB points to the copies. */
  async #moveOut(segment: number, digests: readonly Hash[]): Promise<boolean> {
    const { index, log, flush } = this.#parts;
    for (const digest of digests) {
      const location = index.get(digest);
      if (location?.segment !== segment) continue;
      const bytes = log.read(digest, location);
      // Damaged: it goes with its segment, and is fetched from peers when it is wanted.
      if (bytes === undefined) index.remove(digest);
      else index.set(digest, await log.append(digest, bytes));
    }
    await flush();
    return digests.every((digest) => index.get(digest)?.segment !== segment);
  }
}

function valuesOf(key: Uint8Array, row: Uint8Array): Hash[] {
  if (key[0] !== SPACE.entry) return [];
  const entry = entryRowCodec.tryDecode(row);
  if (entry === undefined) return [];
  const digests = [entry.valueDigest];
  for (const { valueDigest } of entry.votes) {
    if (!equalBytes(valueDigest, entry.valueDigest)) digests.push(valueDigest);
  }
  return digests;
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
