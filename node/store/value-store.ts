import { Readable, Writable } from "node:stream";
import { callbackify } from "node:util";
import { equalBytes } from "../../base/bytes.ts";
import { diskFull } from "../../base/host/free-space.ts";
import type { FreeSpace } from "../../base/host/free-space.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { invariant } from "../../base/assert.ts";
import type { Hash } from "../../base/types.ts";
import { VALUE_BYTES_MAX } from "../../consensus/limits.ts";
import { BlobFiles, wrongDigest, wrongSize } from "./blob-files.ts";
import type { OnDamage } from "./damage.ts";
import type { ValueHolds } from "./value-holds.ts";
import type { ValueIndex } from "./value-index.ts";
import { LOG_VALUE_BYTES_MAX } from "./value-log.ts";
import type { ValueLog } from "./value-log.ts";

export interface ValueStoreParts {
  readonly log: ValueLog;
  readonly index: ValueIndex;
  readonly blobs: BlobFiles;
  readonly space: FreeSpace;
  readonly holds: ValueHolds;
  readonly onDamage: OnDamage;
  /** Something waits for a flush now. */
  readonly onDirty: () => void;
}

/**
 * Values by their SHA-256, small ones in a log and large ones in files of their own.
 *
 * 1. What a put or an upload resolved is on disk.
 * 2. Bytes go out only after their digest was computed anew; what fails is forgotten, reported,
 *    and may be put again.
 * 3. A refused write leaves nothing behind.
 */
export class ValueStore {
  readonly #parts: ValueStoreParts;

  constructor(parts: ValueStoreParts) {
    this.#parts = parts;
  }

  has(digest: Hash): boolean {
    return this.sizeOf(digest) !== undefined;
  }

  sizeOf(digest: Hash): number | undefined {
    return this.#parts.index.get(digest)?.length ?? this.#parts.blobs.sizeOf(digest);
  }

  /**
   * Takes a value of up to LOG_VALUE_BYTES_MAX bytes; resolves when it is durable. Having it
   * already costs nothing.
   *
   * @throws QuorateError VALUE_DIGEST, VALUE_SIZE, DISK_FULL
   */
  async putSmall(digest: Hash, bytes: Uint8Array): Promise<void> {
    const { log, index, space, holds, onDirty } = this.#parts;
    if (bytes.length > LOG_VALUE_BYTES_MAX) throw wrongSize(LOG_VALUE_BYTES_MAX, bytes.length);
    if (!equalBytes(nodeCrypto.hash(bytes), digest)) throw wrongDigest(digest);
    holds.touch(digest);
    if (this.has(digest)) return;
    await space.demand(bytes.length);
    space.spend(bytes.length);
    index.set(digest, await log.append(digest, bytes).catch(asDiskFull(space)));
    onDirty();
  }

  /**
   * Inline values of one execution: agreement has verified their digests, the rows applied just
   * before name them, and the promise log brings them back after a crash. So they are written at
   * once and become durable behind, before those rows do.
   *
   * @throws QuorateError DISK_FULL
   */
  putVerified(values: readonly { readonly digest: Hash; readonly bytes: Uint8Array }[]): void {
    const { log, index, space, onDirty } = this.#parts;
    // Too small to be a file of its own, so only the index can know it.
    const missing = values.filter(({ digest }) => index.get(digest) === undefined);
    if (missing.length === 0) return;
    const bytes = missing.reduce((sum, value) => sum + value.bytes.length, 0);
    if (space.bytes - bytes < space.bytesMin)
      throw diskFull(space.folder, "the reserve is reached");
    space.spend(bytes);
    const locations = log.appendBehind(missing);
    for (const [at, { digest }] of missing.entries()) {
      const location = locations[at];
      if (location !== undefined) index.set(digest, location);
    }
    onDirty();
  }

  /**
   * A stream that takes exactly `size` bytes with this digest. It finishes when they are durable,
   * and is destroyed with VALUE_SIZE, VALUE_DIGEST or DISK_FULL otherwise.
   *
   * @throws QuorateError VALUE_SIZE
   */
  openUpload(digest: Hash, size: number): Writable {
    const { blobs, space, holds } = this.#parts;
    if (size > VALUE_BYTES_MAX) throw wrongSize(VALUE_BYTES_MAX, size);
    if (size <= LOG_VALUE_BYTES_MAX) return this.#smallUpload(digest, size);
    holds.touch(digest);
    return blobs.openUpload(digest, size, space);
  }

  /** A small value, at once; undefined when it is not here, or no longer right. */
  small(digest: Hash): Uint8Array | undefined {
    const { log, index, onDamage, onDirty } = this.#parts;
    const location = index.get(digest);
    if (location === undefined) return undefined;
    const bytes = log.read(digest, location);
    if (bytes === undefined) {
      index.remove(digest);
      onDirty();
      onDamage({ what: "value", digest });
    }
    return bytes;
  }

  /**
   * Any value whole, in memory; undefined when it is not here, or no longer right. For values that
   * the caller is ready to hold: `sizeOf` says how large it is.
   */
  async get(digest: Hash): Promise<Uint8Array | undefined> {
    const small = this.small(digest);
    if (small !== undefined) return small;
    const stream = this.openRead(digest);
    if (stream === undefined) return undefined;
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of stream) chunks.push(chunk as Uint8Array);
      return new Uint8Array(Buffer.concat(chunks));
    } catch {
      return undefined;
    }
  }

  /**
   * Bytes `start` to `end` (not included) of a value, the whole of it by default. Undefined when it
   * is not here. The stream fails with VALUE_DAMAGED before its last chunk when the digest does
   * not hold; then the value is forgotten, reported, and may be put again.
   */
  openRead(
    digest: Hash,
    range: { readonly start?: number; readonly end?: number } = {},
  ): Readable | undefined {
    const size = this.sizeOf(digest);
    if (size === undefined) return undefined;
    const { start = 0, end = size } = range;
    invariant(start >= 0 && start <= end && end <= size, "a range inside the value", range);
    const small = this.small(digest);
    if (small !== undefined)
      return Readable.from([small.subarray(start, end)], { objectMode: false });
    const { blobs, onDamage } = this.#parts;
    if (blobs.sizeOf(digest) === undefined) return undefined;
    const stream = blobs.openRead(digest, { start, end });
    stream.on("error", (error: { readonly code?: unknown }) => {
      if (error.code !== "VALUE_DAMAGED") return;
      blobs.remove(digest);
      onDamage({ what: "value", digest });
    });
    return stream;
  }

  #smallUpload(digest: Hash, size: number): Writable {
    const chunks: Uint8Array[] = [];
    let received = 0;
    return new Writable({
      write: (chunk: Uint8Array, _encoding, callback) => {
        received += chunk.length;
        if (received > size) return callback(wrongSize(size, received));
        chunks.push(chunk);
        callback();
      },
      final: (callback) => {
        if (received !== size) return callback(wrongSize(size, received));
        const bytes = new Uint8Array(Buffer.concat(chunks));
        callbackify(() => this.putSmall(digest, bytes))(callback);
      },
    });
  }
}

/** The file system may fill between the last look and the write. */
function asDiskFull(space: FreeSpace): (error: unknown) => never {
  return (error) => {
    const { code } = error as { readonly code?: unknown };
    if (code === "ENOSPC" || code === "EDQUOT")
      throw diskFull(space.folder, "a write failed", error);
    throw error;
  };
}
