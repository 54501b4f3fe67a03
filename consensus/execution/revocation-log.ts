import type { HashFunction } from "../map/node-hash.ts";
import { NO_REVOCATIONS, revocationHeadAfter } from "../map/revocation-chain.ts";
import { revocationHeadStateKey, revocationStateKey } from "../map/state-keys.ts";
import { revocationHeadCodec, revocationRecordCodec } from "../wire/rows.ts";
import type { RevocationHead, RevocationRecord } from "../wire/rows.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Appends to the hash chain of what is no longer served; gateways follow it (R6). */
export class RevocationLog {
  #rows: WorkingRows;
  #hash: HashFunction;
  #head: RevocationHead | undefined;

  constructor(rows: WorkingRows, hash: HashFunction) {
    this.#rows = rows;
    this.#hash = hash;
  }

  append(record: Omit<RevocationRecord, "index">): void {
    const head = this.#head ?? this.#load();
    const bytes = revocationRecordCodec.encode({ ...record, index: head.count });
    this.#rows.set(revocationStateKey(head.count), bytes);
    this.#head = revocationHeadAfter(this.#hash, head, bytes);
  }

  /** Encodes the head if it moved. */
  flush(): void {
    if (this.#head === undefined) return;
    this.#rows.set(revocationHeadStateKey(), revocationHeadCodec.encode(this.#head));
    this.#head = undefined;
  }

  #load(): RevocationHead {
    const bytes = this.#rows.get(revocationHeadStateKey());
    return bytes === undefined ? NO_REVOCATIONS : revocationHeadCodec.decode(bytes);
  }
}
