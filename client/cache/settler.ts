import { createHash, hash as digestOf } from "node:crypto";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { equalBytes } from "../../base/bytes.ts";
import { ContentChunker } from "../../base/host/content-chunks.ts";
import { looksPacked } from "../../base/host/packed-bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import { nameOf } from "./chunk-ledger.ts";
import type { ChunkRef } from "./disk-rows.ts";
import { CHUNKED_BYTES_MIN, SETTLE_PAUSE_MS, SETTLING_COUNT_MAX } from "./limits.ts";

export interface SettlerDependencies {
  readonly chunks: ChunkFiles;
  /** The value's file, while its row says that it is one. */
  readonly pathOf: (digest: Hash) => string | undefined;
  /** Makes these chunks the value's form, if it is a file still. */
  readonly enter: (
    value: { readonly digest: Hash; readonly size: number },
    chunks: readonly ChunkRef[],
  ) => Promise<void>;
}

/**
 * Brings values that came as files into the form in which they take least room, behind the answers
 * and one after the other: packed, and above `CHUNKED_BYTES_MIN` in content-defined chunks, of
 * which equal ones are there once. A value that this does not help stays the file that it is.
 *
 * Chunks are durable before a row names them, and the file goes after the row has changed: a crash
 * leaves files that nobody names, which are collected, and never a value without its bytes.
 */
export class Settler {
  readonly #parts: SettlerDependencies;
  readonly #chunker = new ContentChunker();
  readonly #waiting = new Map<string, { readonly digest: Hash; readonly size: number }>();
  #work: Promise<void> | undefined;
  #closed = false;

  constructor(parts: SettlerDependencies) {
    this.#parts = parts;
  }

  add(digest: Hash, size: number): void {
    if (this.#closed || this.#waiting.size >= SETTLING_COUNT_MAX) return;
    this.#waiting.set(nameOf(digest), { digest, size });
    this.#work ??= this.#run().finally(() => (this.#work = undefined));
  }

  /** Nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#work !== undefined) await this.#work;
  }

  /** What waits stays as it is. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  async #run(): Promise<void> {
    for (const [name, value] of this.#waiting) {
      this.#waiting.delete(name);
      await pause();
      if (this.#closed) continue;
      // A disk that does not take it now: the value is where it was.
      await this.#settle(value).catch(() => undefined);
    }
  }

  async #settle(value: { readonly digest: Hash; readonly size: number }): Promise<void> {
    const path = this.#parts.pathOf(value.digest);
    if (path === undefined) return;
    const held: Pick<ChunkRef, "digest">[] = [];
    const file = await open(path);
    try {
      const chunks = await this.#placeAll(value, file, held);
      if (chunks !== undefined) await this.#parts.enter(value, chunks);
    } finally {
      this.#parts.chunks.release(held);
      await file.close();
    }
  }

  /** Undefined: it stays a file. */
  async #placeAll(
    { digest, size }: { readonly digest: Hash; readonly size: number },
    file: FileHandle,
    held: Pick<ChunkRef, "digest">[],
  ): Promise<ChunkRef[] | undefined> {
    const whole = createHash("sha256");
    const refs: ChunkRef[] = [];
    for (let at = 0; at < size;) {
      const bytes = await this.#chunkAt(file, at, size);
      if (bytes === undefined || this.#closed) return undefined;
      // One chunk alone is worth its own file only if that is smaller.
      const onlyPacked = size <= CHUNKED_BYTES_MIN;
      if (onlyPacked && looksPacked(bytes)) return undefined;
      whole.update(bytes);
      const chunk = { digest: new Uint8Array(digestOf("sha256", bytes, "buffer")) as Hash };
      this.#parts.chunks.hold([chunk]);
      held.push(chunk);
      const ref = await this.#parts.chunks.place(chunk.digest, bytes, { onlyPacked });
      if (ref === undefined) return undefined;
      refs.push(ref);
      at += bytes.length;
      if (at < size) await pause();
    }
    return equalBytes(whole.digest(), digest) ? refs : undefined;
  }

  /** Undefined: the file is not what it should be. */
  async #chunkAt(file: FileHandle, at: number, size: number): Promise<Uint8Array | undefined> {
    const length = Math.min(this.#chunker.sizes.max, size - at);
    const bytes = Buffer.allocUnsafeSlow(length);
    const { bytesRead } = await file.read(bytes, 0, length, at);
    if (bytesRead < length) return undefined;
    if (size <= CHUNKED_BYTES_MIN) return bytes;
    return bytes.subarray(0, this.#chunker.lengthAt(bytes, 0));
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_PAUSE_MS));
}
