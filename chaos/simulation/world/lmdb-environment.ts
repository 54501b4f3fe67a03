import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { invariant } from "../../../base/assert.ts";
import type { Prng } from "../../../base/prng.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import { Environment } from "../../../node/store/environment.ts";
import type { Writes } from "../../../node/store/environment.ts";
import type { ReplicaEnvironment, Table } from "./simulated-environment.ts";
import type { World } from "./world.ts";

/**
 * Real LMDB in a folder, in the simulated environment's place. A run over it must be the same run:
 * the world stands still while a transaction is committed, so it is whole in its event as there.
 *
 * A crash leaves the environment open and goes on from a copy of its file, which is what a process
 * that is killed leaves behind: nothing of an orderly close helps. What this cannot show is a loss
 * of power: of the file all that LMDB wrote is there, flushed or not, and no page is torn. Real
 * kills and real losses are for tests on real processes.
 */
export class LmdbEnvironment implements ReplicaEnvironment {
  readonly #folder: string;
  readonly #world: World;
  readonly #prng: Prng;
  /** Of processes that are gone; closed at the end, one after another. */
  readonly #retired: Environment[] = [];
  /** Keys of rows in the order in which the simulated environment would have them. */
  readonly #keys = new Map<string, Uint8Array>();
  readonly #rotten = new Set<string>();
  #generation = 0;
  #environment: Environment;

  constructor(folder: string, world: World, prng: Prng) {
    this.#folder = folder;
    this.#world = world;
    this.#prng = prng;
    this.#environment = this.#open();
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return this.#environment.get(table, key);
  }

  page(
    table: Table,
    after: Uint8Array | undefined,
    limit: number,
  ): (readonly [key: Uint8Array, value: Uint8Array])[] {
    return this.#environment.page(table, after, limit);
  }

  commit(write: (writes: Writes) => void): void {
    this.#world.waitFor(this.#environment.commit((writes) => write(this.#noted(writes))));
  }

  wipe(): void {
    this.#retire();
    this.#keys.clear();
    this.#rotten.clear();
    this.#environment = this.#open();
  }

  crashed(): void {
    const file = this.#file();
    this.#retire();
    this.#generation++;
    mkdirSync(this.#path(), { recursive: true });
    copyFileSync(file, this.#file());
    this.#environment = this.#at();
  }

  rot(): boolean {
    const keys = [...this.#keys.values()];
    const key = keys[this.#prng.below(keys.length)];
    const value = key && this.#environment.get("rows", key);
    if (key === undefined || value === undefined) return false;
    this.#rotten.add(keyText(key));
    const at = this.#prng.below(value.length);
    value[at] = (value[at] as number) ^ (1 << this.#prng.below(8));
    this.#world.waitFor(this.#environment.commit((writes) => writes.put("rows", key, value)));
    return true;
  }

  get isRotten(): boolean {
    return this.#rotten.size > 0;
  }

  /** Once nothing of the run happens any more. */
  async close(): Promise<void> {
    this.#retire();
    for (const environment of this.#retired) await environment.close();
  }

  #noted(writes: Writes): Writes {
    return {
      put: (table, key, value) => {
        if (table === "rows") this.#keys.set(keyText(key), key.slice());
        this.#rotten.delete(keyText(key));
        writes.put(table, key, value);
      },
      remove: (table, key) => {
        if (table === "rows") this.#keys.delete(keyText(key));
        this.#rotten.delete(keyText(key));
        writes.remove(table, key);
      },
    };
  }

  #open(): Environment {
    this.#generation++;
    mkdirSync(this.#path(), { recursive: true });
    return this.#at();
  }

  #at(): Environment {
    return new Environment(this.#path(), (damage) => {
      invariant(false, "LMDB reads what it wrote", { damage: JSON.stringify(damage) });
    });
  }

  #retire(): void {
    this.#retired.push(this.#environment);
  }

  #path(): string {
    return join(this.#folder, String(this.#generation));
  }

  #file(): string {
    return join(this.#path(), "data.mdb");
  }
}
