import type { Hlc } from "../../base/types.ts";
import { isExpired } from "../expiry.ts";
import { SWEEP_COUNT_MAX } from "../limits.ts";
import { ENTRY_CONFIRMED, entryRowCodec } from "../wire/rows.ts";
import type { EntryRow } from "../wire/rows.ts";
import { ExpiryIndex } from "./expiry-index.ts";
import { NameIndex } from "./name-index.ts";
import type { WorkingRows } from "./working-rows.ts";

/** The entry rows, with what is derived from them: the order of expiry, the names, their number. */
export class Entries {
  #rows: WorkingRows;
  #expiries = new ExpiryIndex();
  #names = new NameIndex();
  #count = 0;

  constructor(rows: WorkingRows) {
    this.#rows = rows;
  }

  get count(): number {
    return this.#count;
  }

  get names(): NameIndex {
    return this.#names;
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
    this.#count += (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    if (after?.expiry !== undefined && after.expiry !== before?.expiry) {
      this.#expiries.add(after.expiry, stateKey);
    }
    const wasListed = before !== undefined && isListed(before);
    const listed = after !== undefined && isListed(after);
    if (listed && !wasListed) this.#names.add(after.namespace, after.name);
    if (wasListed && !listed) this.#names.remove(before.namespace, before.name);
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
