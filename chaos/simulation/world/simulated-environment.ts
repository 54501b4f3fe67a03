import { compareBytes } from "../../../base/bytes.ts";
import type { Prng } from "../../../base/prng.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { Environment, Writes } from "../../../node/store/environment.ts";
import type { World } from "./world.ts";

export type Table = "rows" | "values" | "meta";
type Rows = Map<string, readonly [key: Uint8Array, value: Uint8Array]>;

/** What lies under a replica's rows. */
export interface ReplicaEnvironment extends Pick<Environment, "get" | "page"> {
  /** All writes, or none; done when the present event ends. */
  commit(write: (writes: Writes) => void): void;
  wipe(): void;
  /** One bit of one row; false: there is none. */
  rot(): boolean;
  /** Some row is not what it was, and still there. */
  readonly isRotten: boolean;
  /** The process is gone; the next one reads what is there. */
  crashed(): void;
}

export type EnvironmentOf = (name: string, world: World, prng: Prng) => ReplicaEnvironment;

/**
 * What LMDB promises, and no more: transactions that are there whole or not at all, and bytes that
 * may rot where they lie. The rows above it (`LmdbRowStore`) are the real ones.
 */
export class SimulatedEnvironment implements ReplicaEnvironment {
  readonly #tables: Record<Table, Rows> = { rows: new Map(), values: new Map(), meta: new Map() };
  readonly #prng: Prng;

  /** Rows that are not what they were, and are still there. */
  readonly #rotten = new Set<string>();

  constructor(prng: Prng) {
    this.#prng = prng;
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#tables[table].get(keyText(key))?.[1].slice();
  }

  page(
    table: Table,
    after: Uint8Array | undefined,
    limit: number,
  ): (readonly [key: Uint8Array, value: Uint8Array])[] {
    const all = [...this.#tables[table].values()].sort((left, right) =>
      compareBytes(left[0], right[0]),
    );
    const from = after === undefined ? 0 : all.findIndex(([key]) => compareBytes(key, after) > 0);
    if (from < 0) return [];
    return all.slice(from, from + limit).map(([key, value]) => [key, value.slice()] as const);
  }

  commit(write: (writes: Writes) => void): void {
    write({
      put: (table, key, value) => {
        this.#tables[table].set(keyText(key), [key.slice(), value.slice()]);
        this.#rotten.delete(keyText(key));
      },
      remove: (table, key) => {
        this.#tables[table].delete(keyText(key));
        this.#rotten.delete(keyText(key));
      },
    });
  }

  wipe(): void {
    for (const rows of Object.values(this.#tables)) rows.clear();
    this.#rotten.clear();
  }

  get isRotten(): boolean {
    return this.#rotten.size > 0;
  }

  /** A transaction is there whole or not at all, so nothing changes. */
  crashed(): void {}

  rot(): boolean {
    const rows = [...this.#tables.rows.values()];
    const [key, value] = rows[this.#prng.below(rows.length)] ?? [];
    if (key === undefined || value === undefined) return false;
    this.#rotten.add(keyText(key));
    const at = this.#prng.below(value.length);
    value[at] = (value[at] as number) ^ (1 << this.#prng.below(8));
    return true;
  }
}
