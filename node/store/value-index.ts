import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import type { Environment } from "./environment.ts";
import type { Flush } from "./lmdb-row-store.ts";
import { openRow, sealRow } from "./stored-row.ts";
import { decodeLocation, encodeLocation, VALUE_HEADER_SIZE } from "./value-record.ts";
import type { ValueLocation } from "./value-record.ts";
import type { ValueLog } from "./value-log.ts";

const INDEXED_NAME = utf8("indexed");

/** Locations that wait for a flush, in memory; one more is a flush that never came. */
type Layer = Map<string, { readonly digest: Hash; readonly location: ValueLocation | undefined }>;

/**
 * Digest → where the small value lies. Written behind into LMDB in the same transaction as the
 * rows, with the place in the log up to which everything is indexed; from there on a start scans.
 */
export class ValueIndex {
  readonly #environment: Environment;
  #pending: Layer = new Map();
  #flushing: Layer = new Map();
  #indexed: { segment: number; offset: number };

  constructor(environment: Environment, log: ValueLog) {
    this.#environment = environment;
    this.#indexed = this.#readIndexed();
    this.#scan(log);
  }

  get dirty(): boolean {
    return this.#pending.size > 0;
  }

  get(digest: Hash): ValueLocation | undefined {
    const name = keyText(digest);
    const change = this.#pending.get(name) ?? this.#flushing.get(name);
    if (change !== undefined) return change.location;
    const stored = this.#environment.get("values", digest);
    return stored && decodeLocation(stored);
  }

  set(digest: Hash, location: ValueLocation): void {
    this.#pending.set(keyText(digest), { digest, location });
    const end = location.offset + VALUE_HEADER_SIZE + location.length;
    const { segment, offset } = this.#indexed;
    if (location.segment > segment || (location.segment === segment && end > offset)) {
      this.#indexed = { segment: location.segment, offset: end };
    }
  }

  remove(digest: Hash): void {
    this.#pending.set(keyText(digest), { digest, location: undefined });
  }

  /** Up to `limit` digests above `after` in LMDB; what waits for a flush is not among them. */
  page(after: Uint8Array | undefined, limit: number): Hash[] {
    return this.#environment.page("values", after, limit).map(([digest]) => digest as Hash);
  }

  beginFlush(): Flush {
    const layer = this.#pending;
    const indexed = this.#indexed;
    this.#flushing = layer;
    this.#pending = new Map();
    return {
      write: (writes) => {
        for (const { digest, location } of layer.values()) {
          if (location === undefined) writes.remove("values", digest);
          else writes.put("values", digest, encodeLocation(location));
        }
        const { segment, offset } = indexed;
        const place = encodeLocation({ segment, offset, length: 0 });
        writes.put("meta", INDEXED_NAME, sealRow(nodeCrypto.hash, INDEXED_NAME, place));
      },
      done: () => {
        this.#flushing = new Map();
      },
      failed: () => {
        this.#pending = new Map([...layer, ...this.#pending]);
        this.#flushing = new Map();
      },
    };
  }

  #readIndexed(): { segment: number; offset: number } {
    const stored = this.#environment.get("meta", INDEXED_NAME);
    const bytes = stored && openRow(nodeCrypto.hash, INDEXED_NAME, stored);
    const place = bytes && decodeLocation(bytes);
    return place ?? { segment: 0, offset: 0 };
  }

  /** What was appended and not indexed before the process ended. */
  #scan(log: ValueLog): void {
    const { segment: first, offset } = this.#indexed;
    for (const segment of log.segments()) {
      if (segment < first) continue;
      for (const [digest, location] of log.scan(segment, segment === first ? offset : 0)) {
        this.set(digest, location);
      }
    }
  }
}
