import { hash as digestOf } from "node:crypto";
import { equalBytes } from "../../base/bytes.ts";
import { unpackBytesNow } from "../../base/host/packed-bytes.ts";
import type { Hash } from "../../base/types.ts";
import { cacheCorrupt } from "./cache-errors.ts";
import type { CachedValue } from "./cache-tier.ts";
import type { ChunkFiles } from "./chunk-files.ts";
import type { DiskIndex } from "./disk-index.ts";
import * as rows from "./disk-rows.ts";
import { heldValue } from "./memory-tier.ts";
import type { ValueFiles } from "./value-files.ts";

export interface StoredValuesParts {
  readonly index: DiskIndex;
  readonly files: ValueFiles;
  readonly chunks: ChunkFiles;
  /** What is stored is not the value: it is to be dropped and counted. */
  readonly onCorrupt: (digest: Hash) => void;
}

/** Reads values of L2 in whatever form they lie there; what it hands out has its digest. */
export class StoredValues {
  readonly #parts: StoredValuesParts;

  constructor(parts: StoredValuesParts) {
    this.#parts = parts;
  }

  find(digest: Hash): CachedValue | undefined {
    const value = this.#rowOf(digest);
    if (value === undefined) return undefined;
    if (value.form === rows.FORM_FILE || value.form === rows.FORM_CHUNKS) {
      const { size } = value;
      return { digest, size, bytes: undefined, stream: () => this.#stream(digest) };
    }
    const { bytes, size } = value;
    const plain = value.form === rows.FORM_ROW ? bytes : unpackBytesNow(bytes, size);
    if (plain !== undefined && equalBytes(digestOf("sha256", plain, "buffer"), digest)) {
      return heldValue(digest, plain);
    }
    this.#parts.onCorrupt(digest);
    return undefined;
  }

  /** Whether it lies there as a file of its own; not counted as a use. */
  isFile(digest: Hash): boolean {
    return this.#parts.index.peek(valueKey(digest))?.[0] === rows.FORM_FILE;
  }

  /** Its form may have changed since it was found: it is looked at anew. */
  async *#stream(digest: Hash): AsyncGenerator<Uint8Array, void, undefined> {
    let begun = false;
    for (;;) {
      const value = this.#rowOf(digest);
      // Without its row it was evicted under its reader, which is no damage.
      if (value === undefined) throw cacheCorrupt(digest);
      try {
        for await (const piece of this.#pieces(digest, value)) {
          begun = true;
          yield piece;
        }
        return;
      } catch (error) {
        const now = this.#rowOf(digest);
        if (!begun && now !== undefined && now.form !== value.form) continue;
        if (now !== undefined) this.#parts.onCorrupt(digest);
        throw error instanceof Error ? error : cacheCorrupt(digest);
      }
    }
  }

  async *#pieces(digest: Hash, value: rows.ValueBody): AsyncGenerator<Uint8Array, void, undefined> {
    const { files, chunks } = this.#parts;
    if (value.form === rows.FORM_FILE) {
      yield* files.stream(digest, value.size);
      return;
    }
    if (value.form !== rows.FORM_CHUNKS) {
      yield* this.find(digest)?.stream() ?? [];
      return;
    }
    // The row is sealed, and was written for chunks that had this digest together: what each of
    // them is decides, and no wrong byte goes out at all.
    chunks.hold(value.chunks);
    try {
      for (const chunk of value.chunks) {
        const bytes = await chunks.read(chunk);
        if (bytes === undefined) throw cacheCorrupt(digest);
        yield bytes;
      }
    } finally {
      chunks.release(value.chunks);
    }
  }

  #rowOf(digest: Hash): rows.ValueBody | undefined {
    const body = this.#parts.index.get(valueKey(digest));
    return body && rows.decodeValueBody(body);
  }
}

export function valueKey(digest: Hash): Buffer {
  return rows.rowKey(rows.SPACE_VALUE, digest);
}
