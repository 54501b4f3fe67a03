import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import {
  PACKED_VALUE_BYTES_MAX,
  PACKED_VALUE_HEAD_SIZE,
  VALUE_PACK_BYTES_MAX,
} from "../../consensus/wire/value-pack.ts";
import { valueChanged } from "../errors.ts";
import { UPLOADS_AT_ONCE_MAX } from "../limits.ts";
import type { ReplicaLink } from "../link/replica-link.ts";
import type { Platform } from "../platform/platform.ts";
import type { StreamedValue } from "../types.ts";

/** One for all: the error that `abort` would make took 2 to 4 % of a writing client. */
const UPLOADS_ARE_OVER = new Error("the uploads are over");

/**
 * The uploads of one write set. A replica that wants a value gets it once at a time, small ones many
 * in a request; what fails is wanted again at the next retransmission.
 */
export class Uploads {
  readonly #platform: Platform;
  readonly #values: ReadonlyMap<string, StreamedValue>;
  readonly #running = new Set<string>();
  #requests = 0;
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
    const names = new Map<string, StreamedValue>();
    for (const digest of digests) {
      const value = this.#values.get(toHex(digest));
      const name = `${link.index}/${toHex(digest)}`;
      if (value !== undefined && !this.#running.has(name)) names.set(name, value);
    }
    for (const name of names.keys()) this.#running.add(name);
    for (const pack of packsOf([...names.values()])) {
      void this.#upload(link, pack).finally(() => {
        for (const { digest } of pack) this.#running.delete(`${link.index}/${toHex(digest)}`);
        this.#requests--;
        this.#waiting.shift()?.();
      });
    }
  }

  stop(): void {
    this.#controller.abort(UPLOADS_ARE_OVER);
    for (const go of this.#waiting.splice(0)) go();
  }

  async #upload(link: ReplicaLink, values: readonly StreamedValue[]): Promise<void> {
    this.#requests++;
    if (this.#requests > UPLOADS_AT_ONCE_MAX) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const { signal } = this.#controller;
    if (signal.aborted) return;
    const { blobs } = this.#platform;
    const checked = values.map((value) => ({ ...value, open: () => this.#checked(value) }));
    try {
      if (values.length > 1 && (await blobs.putPack(link.address, checked, signal))) return;
      // A replica that takes no pack, for whatever reason, may still take each by itself.
      for (const value of checked) await blobs.put(link.address, value, signal);
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

/** Large ones alone, small ones together as far as they fit into one request. */
function packsOf(values: readonly StreamedValue[]): readonly (readonly StreamedValue[])[] {
  const packs: StreamedValue[][] = [];
  let open: StreamedValue[] | undefined;
  let bytes = 0;
  for (const value of values) {
    const own = PACKED_VALUE_HEAD_SIZE + value.size;
    if (value.size > PACKED_VALUE_BYTES_MAX) {
      packs.push([value]);
      continue;
    }
    if (open === undefined || bytes + own > VALUE_PACK_BYTES_MAX) {
      open = [];
      bytes = 0;
      packs.push(open);
    }
    open.push(value);
    bytes += own;
  }
  return packs;
}
