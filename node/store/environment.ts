import { open } from "lmdb";
import type { Database, RootDatabase } from "lmdb";
import type { OnDamage } from "./damage.ts";

/**
 * LMDB as it really is (R7), behind one door.
 *
 * 1. `overlappingSync: false`: what a commit resolved is on disk; its default lost it.
 * 2. Both promises of a failed commit are handled: the second one would end the process.
 * 3. After a failed commit the environment may be in panic and answer nothing: it is closed and
 *    opened again in the same turn of the loop.
 * 4. Nothing read here is to be believed without a check of its own: LMDB has no checksums.
 */
export type Table = Database<Buffer, Uint8Array>;

export interface Tables {
  /** State rows: see stored-row.ts. */
  readonly rows: Table;
  /** Digest of a value → where it lies: see value-location.ts. */
  readonly values: Table;
  /** Names of our own → figures. */
  readonly meta: Table;
}

export interface Writes {
  put(table: keyof Tables, key: Uint8Array, value: Uint8Array): void;
  remove(table: keyof Tables, key: Uint8Array): void;
}

export class Environment {
  readonly path: string;
  readonly #onDamage: OnDamage;
  #root: RootDatabase<Buffer, Uint8Array>;
  #tables: Tables;
  #reopenCount = 0;

  /** Opens or makes the environment. It was probed before: see probe-store.ts. */
  constructor(path: string, onDamage: OnDamage) {
    this.path = path;
    this.#onDamage = onDamage;
    [this.#root, this.#tables] = this.#open();
  }

  /** How often a failed commit made it necessary to open anew. */
  get reopenCount(): number {
    return this.#reopenCount;
  }

  /** A copy of its own. What LMDB cannot read is reported, and looks absent. */
  get(table: keyof Tables, key: Uint8Array): Uint8Array | undefined {
    try {
      return this.#reading(() => {
        const value = this.#tables[table].get(key);
        return value === undefined ? undefined : new Uint8Array(value);
      });
    } catch {
      this.#onDamage(table === "values" ? { what: "value", digest: key } : { what: "row", key });
      return undefined;
    }
  }

  /** Up to `limit` rows with keys above `after`, in ascending order. */
  page(
    table: keyof Tables,
    after: Uint8Array | undefined,
    limit: number,
  ): (readonly [key: Uint8Array, value: Uint8Array])[] {
    return this.#reading(() => {
      const range = after === undefined ? {} : { start: after, exclusiveStart: true };
      const entries = [...this.#tables[table].getRange({ ...range, limit })];
      return entries.map(({ key, value }) => [new Uint8Array(key), new Uint8Array(value)] as const);
    });
  }

  /**
   * All writes in one transaction, durable when it resolves; or none of them.
   *
   * @throws what LMDB says, after the environment was opened anew
   */
  async commit(write: (writes: Writes) => void): Promise<void> {
    const waits = new Set<Promise<unknown>>();
    try {
      waits.add(
        this.#root.batch(() => {
          write({
            put: (table, key, value) => {
              waits.add(this.#tables[table].put(key, asBuffer(value)));
            },
            remove: (table, key) => {
              waits.add(this.#tables[table].remove(key));
            },
          });
        }),
      );
      const results = await Promise.allSettled(waits);
      for (const result of results) if (result.status === "rejected") throw result.reason;
      this.#root.resetReadTxn();
    } catch (error) {
      const second = (error as { readonly commitError?: Promise<unknown> }).commitError;
      second?.catch(() => {});
      await this.#reopen();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #open(): [RootDatabase<Buffer, Uint8Array>, Tables] {
    const root = open<Buffer, Uint8Array>({
      path: this.path,
      noSubdir: false,
      overlappingSync: false,
      encoding: "binary",
      keyEncoding: "binary",
      maxDbs: 8,
    });
    const table = (name: string): Table =>
      root.openDB<Buffer, Uint8Array>({ name, encoding: "binary", keyEncoding: "binary" });
    return [root, { rows: table("rows"), values: table("values"), meta: table("meta") }];
  }

  /**
   * Closing ends within the microtasks of this turn, for nothing is in flight: no socket or timer
   * comes in between and meets a closed environment.
   */
  async #reopen(): Promise<void> {
    this.#reopenCount++;
    await this.#root.close();
    [this.#root, this.#tables] = this.#open();
  }

  /** In panic LMDB refuses to read as well; a second handle has a reader of its own. */
  #reading<T>(read: () => T): T {
    try {
      return read();
    } catch {
      [this.#root, this.#tables] = this.#open();
      return read();
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
