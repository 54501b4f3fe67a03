import { toHex } from "../../base/bytes.ts";
import type { Hlc, Sequence } from "../../base/types.ts";
import { isExpired } from "../expiry.ts";
import { SWEEP_COUNT_MAX } from "../limits.ts";
import { ENTRY_CONFIRMED, ENTRY_PENDING, entryRowCodec } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { sameAnswer } from "./entry-change.ts";
import { ExpiryIndex } from "./expiry-index.ts";
import { NameIndex } from "./name-index.ts";
import { Quotas } from "./quotas.ts";
import type { WorkingRows } from "./working-rows.ts";

/** Where all contested entries stand in their index, whatever their namespaces. */
export const CONTESTED = "";

/**
 * The entry rows, with what is derived from them: the order of expiry, the names, what is
 * contested, how much each namespace holds, and their number.
 */
export class Entries {
  #rows: WorkingRows;
  #expiries = new ExpiryIndex();
  #names = new NameIndex();
  #contested = new NameIndex();
  #quotas: Quotas;
  #count = 0;

  /** `keys`: of all entries of the map as it was when the execution began. */
  constructor(rows: WorkingRows, keys: () => Iterable<Uint8Array>) {
    this.#rows = rows;
    this.#quotas = new Quotas({
      get: (key) => this.get(key),
      remove: (key, row) => this.set(key, row, undefined),
      keys,
    });
  }

  get count(): number {
    return this.#count;
  }

  get names(): NameIndex {
    return this.#names;
  }

  /** Under CONTESTED: the hexadecimal map keys of entries on which operators differ. */
  get contested(): NameIndex {
    return this.#contested;
  }

  /** The row as it stands, past its expiry or not. */
  get(stateKey: Uint8Array): EntryRow | undefined {
    const bytes = this.#rows.get(stateKey);
    return bytes === undefined ? undefined : entryRowCodec.decode(bytes);
  }

  /** `before` is what `get` answered; `after` undefined deletes. */
  set(stateKey: Uint8Array, before: EntryRow | undefined, after: EntryRow | undefined): void {
    this.#rows.set(stateKey, after === undefined ? undefined : entryRowCodec.encode(after));
    this.changed(stateKey, before, after);
    const row = after ?? before;
    if (row !== undefined) this.#quotas.touch(row.namespace, stateKey);
  }

  /** Deletes what is beyond the quota of its namespace. */
  evict(sequence: Sequence, quotas: ReadonlyMap<string, number>): void {
    this.#quotas.enforce(sequence, quotas);
  }

  /** The rows were replaced under what is derived from their order. */
  replaced(): void {
    this.#quotas.clear();
  }

  /** Deletes the entries that are due, in order of their expiry, so many at a time. */
  sweep(time: Hlc): void {
    const isCurrent = (key: Uint8Array, expiry: Hlc): boolean => this.get(key)?.expiry === expiry;
    for (const key of this.#expiries.take(time, SWEEP_COUNT_MAX, isCurrent)) {
      this.set(key, this.get(key), undefined);
    }
  }

  /** Follows a change of a row that somebody else wrote. */
  changed(stateKey: Uint8Array, before: EntryRow | undefined, after: EntryRow | undefined): void {
    this.#quotas.follow(before, after);
    this.#count += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (after?.expiry !== undefined && after.expiry !== before?.expiry) {
      this.#expiries.add(after.expiry, stateKey);
    }
    const wasListed = before !== undefined && isListed(before);
    const listed = after !== undefined && isListed(after);
    if (listed && !wasListed) this.#names.add(after.namespace, after.name);
    if (wasListed && !listed) this.#names.remove(before.namespace, before.name);
    const wasContested = before !== undefined && isContested(before);
    const contested = after !== undefined && isContested(after);
    if (contested === wasContested) return;
    if (contested) this.#contested.add(CONTESTED, toHex(stateKey));
    else this.#contested.remove(CONTESTED, toHex(stateKey));
  }
}

/** Served entries that people call by a name. */
function isListed(row: EntryRow): boolean {
  return row.state === ENTRY_CONFIRMED && row.name !== "";
}

/** What execution sees: an entry past its expiry is not there. */
export function liveEntry(row: EntryRow | undefined, time: Hlc): EntryRow | undefined {
  return row !== undefined && isExpired(row.expiry, time) ? undefined : row;
}

/** Somebody stands behind another answer: than the one that stands, or, while none does, than others. */
function isContested(row: EntryRow): boolean {
  const first = row.state === ENTRY_PENDING ? row.votes[0] : row;
  return first !== undefined && row.votes.some((vote) => !sameAnswer(vote, first));
}
