import { createReadStream } from "node:fs";
import { equalBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { CachedEntry, CachedValue, CacheTier } from "../cache/cache-tier.ts";
import { decodeEntryRecord, encodeEntryRecord } from "./entry-record.ts";
import type { EntryRecord } from "./entry-record.ts";
import type { Level } from "./outcome.ts";

export interface Held {
  readonly record: EntryRecord;
  readonly entry: CachedEntry;
}

export interface HeldValue {
  readonly value: CachedValue;
  readonly level: Level;
}

/** The gateway's view of L1 and L2: entries with their records, and at which level bytes were. */
export class LocalStore {
  readonly #memory: CacheTier;
  readonly #cache: CacheTier;
  /** Tiers hand out the same object for the same entry, so a record is decoded once. */
  readonly #records = new WeakMap<CachedEntry, Held>();

  /** `cache` is the whole cache; `memory` the tier of it that is asked first. */
  constructor(tiers: { readonly memory: CacheTier; readonly cache: CacheTier }) {
    this.#memory = tiers.memory;
    this.#cache = tiers.cache;
  }

  find(location: Hash): Held | undefined {
    const entry = this.#cache.getEntry(location);
    if (entry === undefined) return undefined;
    const known = this.#records.get(entry);
    if (known !== undefined) return known;
    const record = decodeEntryRecord(entry.record);
    if (record === undefined) return undefined;
    const held = { record, entry };
    this.#records.set(entry, held);
    return held;
  }

  value(digest: Hash): HeldValue | undefined {
    const near = this.#memory.getValue(digest);
    if (near !== undefined) return { value: near, level: "l1" };
    const far = this.#cache.getValue(digest);
    return far === undefined ? undefined : { value: far, level: "l2" };
  }

  keep(
    location: Hash,
    record: EntryRecord,
    value: { readonly digest: Hash; readonly size: number },
  ): void {
    this.#cache.putEntry({
      location,
      valueDigest: value.digest,
      size: value.size,
      record: encodeEntryRecord(record),
    });
  }

  keepBytes(digest: Hash, bytes: Uint8Array): void {
    this.#cache.putValue(digest, bytes);
  }

  /** Copies a file in. False: the cache did not take it. */
  async keepFile(digest: Hash, size: number, path: string): Promise<boolean> {
    const writer = await this.#cache.startValue(digest, size);
    if (writer === undefined) return false;
    try {
      for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 })) {
        await writer.write(chunk as Uint8Array);
      }
      await writer.commit();
      return true;
    } catch {
      await writer.abort();
      return false;
    }
  }

  startValue(digest: Hash, size: number): ReturnType<CacheTier["startValue"]> {
    return this.#cache.startValue(digest, size);
  }

  drop(location: Hash): void {
    this.#cache.dropEntry(location);
  }

  /** What the log names is served no more; what this gateway itself put since then stays. */
  revoke(location: Hash, certifiedDigest: Hash | undefined): boolean {
    const held = this.find(location);
    if (held === undefined || !held.record.certified) return false;
    const named =
      certifiedDigest === undefined || equalBytes(held.record.certifiedDigest, certifiedDigest);
    if (named) this.drop(location);
    return named;
  }
}
