import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { valueChanged } from "../errors.ts";
import { UPLOADS_AT_ONCE_MAX } from "../limits.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { Platform } from "../platform/platform.ts";
import type { StreamedValue } from "../types.ts";

/**
 * The uploads of one write set. A replica that wants a value gets it once at a time; what fails is
 * wanted again at the next retransmission.
 */
export class Uploads {
  readonly #platform: Platform;
  readonly #values: ReadonlyMap<string, StreamedValue>;
  readonly #running = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #controller = new AbortController();
  readonly #onChanged: (error: Error) => void;

  constructor(
    values: readonly StreamedValue[],
    dependencies: { readonly platform: Platform; readonly onChanged: (error: Error) => void },
  ) {
    this.#values = new Map(values.map((value) => [toHex(value.digest), value]));
    this.#platform = dependencies.platform;
    this.#onChanged = dependencies.onChanged;
  }

  get active(): boolean {
    return this.#running.size > 0;
  }

  want(link: ReplicaLink, digests: readonly Hash[]): void {
    for (const digest of digests) {
      const value = this.#values.get(toHex(digest));
      const name = `${link.index}/${toHex(digest)}`;
      if (value === undefined || this.#running.has(name)) continue;
      this.#running.add(name);
      void this.#upload(link, value).finally(() => {
        this.#running.delete(name);
        this.#waiting.shift()?.();
      });
    }
  }

  stop(): void {
    this.#controller.abort();
    for (const go of this.#waiting.splice(0)) go();
  }

  async #upload(link: ReplicaLink, value: StreamedValue): Promise<void> {
    if (this.#running.size > UPLOADS_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const { signal } = this.#controller;
    if (signal.aborted) return;
    try {
      const open = (): AsyncIterable<Uint8Array> => this.#checked(value);
      await this.#platform.blobs.put(link.address, { ...value, open }, signal);
    } catch {
      // The link broke: the replica will want it again.
    }
  }

  /** Our own bytes must be what we signed, or no replica would ever take them. */
  async *#checked(value: StreamedValue): AsyncGenerator<Uint8Array, void, undefined> {
    const hasher = this.#platform.newHasher();
    let size = 0;
    for await (const chunk of value.open()) {
      hasher.update(chunk);
      size += chunk.length;
      if (size > value.size) break;
      yield chunk;
    }
    if (size === value.size && equalBytes(hasher.digest(), value.digest)) return;
    const error = valueChanged(toHex(value.digest));
    this.#onChanged(error);
    throw error;
  }
}
