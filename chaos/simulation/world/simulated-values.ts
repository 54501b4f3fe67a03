import type { Hash } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { BlobStore } from "../../../node/host/blob-store.ts";
import type { Digester } from "../../../proof/digest/artifact-kind.ts";
import { KIND_IMMUTABLE, KIND_VERSIONED } from "./kinds.ts";

/** The values of one process, in memory: they are proven by their names wherever they come from. */
export class SimulatedValues implements BlobStore {
  readonly #values = new Map<string, Uint8Array>();
  /** Uploaded and not yet executed: not shown, so that a set that comes again asks again. */
  readonly #executed = new Set<string>();

  put(digest: Hash, bytes: Uint8Array): void {
    this.#values.set(keyText(digest), bytes);
  }

  putAll(values: readonly { readonly digest: Hash; readonly bytes: Uint8Array }[]): void {
    for (const { digest, bytes } of values) {
      this.#values.set(keyText(digest), bytes);
      this.#executed.add(keyText(digest));
    }
  }

  small(digest: Hash): Uint8Array | undefined {
    return this.#values.get(keyText(digest));
  }

  sizeOf(digest: Hash): number | undefined {
    const text = keyText(digest);
    return this.#executed.has(text) ? this.#values.get(text)?.length : undefined;
  }

  read(digest: Hash): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#values.get(keyText(digest)));
  }

  async *stream(digest: Hash): AsyncIterable<Uint8Array> {
    const bytes = this.#values.get(keyText(digest));
    if (bytes !== undefined) yield bytes;
  }

  receive(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** A value's semantic digest is its own here. */
  digestersOf(digest: Hash): ReadonlyMap<string, Digester> {
    const digester: Digester = {
      update: () => undefined,
      finish: () => ({ status: "digest", digest }),
    };
    return new Map([
      [KIND_IMMUTABLE, digester],
      [KIND_VERSIONED, digester],
    ]);
  }
}
