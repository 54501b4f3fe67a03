import { utf8 } from "../../base/bytes.ts";
import type { Sequence } from "../../base/types.ts";
import { keyText } from "../../consensus/map/key-text.ts";
import type { RowChange, RowChanges, RowStore } from "../../consensus/map/row-store.ts";
import type { OnDamage } from "./damage.ts";
import type { Environment, Writes } from "./environment.ts";
import { decodeState, encodeState, openRow, sealRow } from "./stored-row.ts";
import type { HashOf, StoredState } from "./stored-row.ts";

const STATE_NAME = utf8("state");

/** Rows read in one go while all are listed; one page of LMDB reads per call keeps memory flat. */
const PAGE_ROWS = 1024;

/**
 * The rows of the state over LMDB, written behind (R7: on the path LMDB was the cost).
 *
 * What is not durable yet lies in two layers above LMDB: `flushing`, which the commit under way
 * contains, and `pending`, what came since. A failed commit puts the first under the second again,
 * so that the next one writes both, in order and whole.
 */
export class LmdbRowStore implements RowStore {
  readonly #environment: Pick<Environment, "get" | "page">;
  readonly #onDamage: OnDamage;
  readonly #hash: HashOf;
  readonly #onApplied: (changes: RowChanges) => void;
  #pending: Layer = new Map();
  #flushing: Layer = new Map();
  #latest: StoredState | undefined;
  #flushed: StoredState | undefined;
  #pendingBytes = 0;

  constructor(
    environment: Pick<Environment, "get" | "page">,
    onDamage: OnDamage,
    options: { readonly hash: HashOf; readonly onApplied?: (changes: RowChanges) => void },
  ) {
    this.#hash = options.hash;
    this.#environment = environment;
    this.#onApplied = options.onApplied ?? (() => {});
    this.#onDamage = onDamage;
    this.#flushed = this.#readState();
    this.#latest = this.#flushed;
  }

  /** The state that `get` shows; undefined before genesis was applied. */
  get latest(): StoredState | undefined {
    return this.#latest;
  }

  /** The state that a crash now would leave. */
  get flushed(): StoredState | undefined {
    return this.#flushed;
  }

  get flushedSequence(): Sequence {
    return this.#flushed?.sequence ?? (0 as Sequence);
  }

  get dirty(): boolean {
    return this.#latest !== this.#flushed;
  }

  /** Of keys and rows that wait for a flush. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const name = keyText(key);
    const change = this.#pending.get(name) ?? this.#flushing.get(name);
    if (change !== undefined) return change.row;
    const stored = this.#environment.get("rows", key);
    return stored === undefined ? undefined : this.#checked(key, stored);
  }

  apply(changes: RowChanges): void {
    for (const change of changes.rows) {
      this.#pending.set(keyText(change.key), change);
      this.#pendingBytes += change.key.length + (change.row?.length ?? 0);
    }
    const { sequence, stateRoot, agreedTime } = changes;
    this.#latest = { sequence, stateRoot, agreedTime };
    this.#onApplied(changes);
  }

  /** These rows are damaged: gone for whoever asks, and from LMDB with the next state. */
  discard(keys: readonly Uint8Array[]): void {
    for (const key of keys) this.#pending.set(keyText(key), { key, row: undefined });
  }

  *entries(): Iterable<readonly [key: Uint8Array, row: Uint8Array]> {
    const above = new Map([...this.#flushing, ...this.#pending]);
    let after: Uint8Array | undefined;
    for (;;) {
      const page = this.#environment.page("rows", after, PAGE_ROWS);
      for (const [key, stored] of page) {
        if (above.has(keyText(key))) continue;
        const row = this.#checked(key, stored);
        if (row !== undefined) yield [key, row];
      }
      if (page.length < PAGE_ROWS) break;
      after = page.at(-1)?.[0];
    }
    for (const { key, row } of above.values()) if (row !== undefined) yield [key, row];
  }

  /** What waits, to be part of a commit; {@link Flush.done} or {@link Flush.failed} ends it. */
  beginFlush(): Flush {
    const state = this.#latest;
    const layer = this.#pending;
    const bytes = this.#pendingBytes;
    this.#flushing = layer;
    this.#pending = new Map();
    this.#pendingBytes = 0;
    return {
      write: (writes) => {
        for (const { key, row } of layer.values()) {
          if (row === undefined) writes.remove("rows", key);
          else writes.put("rows", key, sealRow(this.#hash, key, row));
        }
        if (state === undefined) return;
        writes.put("meta", STATE_NAME, sealRow(this.#hash, STATE_NAME, encodeState(state)));
      },
      done: () => {
        this.#flushing = new Map();
        this.#flushed = state;
      },
      failed: () => {
        this.#pending = new Map([...layer, ...this.#pending]);
        this.#pendingBytes += bytes;
        this.#flushing = new Map();
      },
    };
  }

  #readState(): StoredState | undefined {
    const stored = this.#environment.get("meta", STATE_NAME);
    const bytes = stored && openRow(this.#hash, STATE_NAME, stored);
    const state = bytes && decodeState(bytes);
    if (stored !== undefined && state === undefined) {
      this.#onDamage({ what: "row", key: STATE_NAME });
    }
    return state;
  }

  #checked(key: Uint8Array, stored: Uint8Array): Uint8Array | undefined {
    const row = openRow(this.#hash, key, stored);
    if (row === undefined) this.#onDamage({ what: "row", key });
    return row;
  }
}

type Layer = Map<string, RowChange>;

export interface Flush {
  readonly write: (writes: Writes) => void;
  readonly done: () => void;
  readonly failed: () => void;
}
