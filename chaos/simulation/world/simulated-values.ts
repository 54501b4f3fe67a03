import { equalBytes } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import { keyText } from "../../../consensus/map/key-text.ts";
import type { BlobStore } from "../../../node/host/blob-store.ts";
import type { Digester } from "../../../proof/digest/artifact-kind.ts";
import { KIND_IMMUTABLE, KIND_VERSIONED } from "./kinds.ts";

/**
 * The values of one machine: they are proven by their names wherever they come from, and what is
 * put here outlives the process. (Flushes of values are not simulated.)
 */
export class SimulatedValues implements BlobStore {
  readonly #hash: (bytes: Uint8Array) => Hash;
  readonly #values = new Map<string, Uint8Array>();
  /** Uploaded and not yet executed: not shown, so that a set that comes again asks again. */
  readonly #executed = new Set<string>();

  constructor(hash: (bytes: Uint8Array) => Hash) {
    this.#hash = hash;
  }

  put(digest: Hash, bytes: Uint8Array): void {
    this.#values.set(keyText(digest), bytes);
  }

  putAll(values: readonly { readonly digest: Hash; readonly bytes: Uint8Array }[]): void {
    for (const { digest, bytes } of values) {
      this.#values.set(keyText(digest), bytes);
      this.#executed.add(keyText(digest));
    }
  }

  /** Executed now, if it was uploaded; false: it is not here. */
  isKept(digest: Hash): boolean {
    const text = keyText(digest);
    if (!this.#values.has(text)) return false;
    this.#executed.add(text);
    return true;
  }

  wipe(): void {
    this.#values.clear();
    this.#executed.clear();
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

  receiveSmall(): Promise<boolean> {
    return Promise.resolve(false);
  }

  /** What a peer says that it is; false: it is not. */
  take(digest: Hash, size: number, bytes: Uint8Array): boolean {
    if (bytes.length !== size || !equalBytes(this.#hash(bytes), digest)) return false;
    this.putAll([{ digest, bytes }]);
    return true;
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
