import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { callbackify } from "node:util";
import { Readable, Writable } from "node:stream";
import { equalBytes, fromHex, toHex } from "../../base/bytes.ts";
import { syncFolder } from "../../base/host/atomic-file.ts";
import type { FreeSpace } from "../../base/host/free-space.ts";
import { QuorateError } from "../../base/quorate-error.ts";
import type { Hash } from "../../base/types.ts";

/** Read and written at a time: large enough for the disk, small enough for many at once. */
const CHUNK_BYTES = 256 * 1024;

/**
 * Large values, a file each: `blobs/ab/abcdef…`. A file appears under its digest's name only after
 * all of its bytes were hashed and synced; nothing goes out of one whose digest no longer holds.
 */
export class BlobFiles {
  readonly folder: string;
  readonly #incoming: string;

  constructor(folder: string) {
    this.folder = folder;
    this.#incoming = join(folder, "incoming");
    // Uploads that a crash cut short: their senders begin anew.
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { recursive: true });
  }

  /** Bytes, or undefined when it is not here. */
  sizeOf(digest: Hash): number | undefined {
    return statSync(this.#pathOf(digest), { throwIfNoEntry: false })?.size;
  }

  /**
   * Takes exactly `size` bytes with this digest; finished means durable and readable. Destroyed
   * with VALUE_SIZE or VALUE_DIGEST otherwise, and nothing is left of it.
   */
  openUpload(digest: Hash, size: number, space: FreeSpace): Writable {
    const path = join(this.#incoming, `${toHex(digest)}-${randomBytes(8).toString("hex")}`);
    const hash = createHash("sha256");
    let file: FileHandle | undefined;
    let received = 0;
    const write = async (chunk: Uint8Array): Promise<void> => {
      received += chunk.length;
      if (received > size) throw wrongSize(size, received);
      hash.update(chunk);
      await writeAll(file as FileHandle, chunk);
    };
    const finish = async (): Promise<void> => {
      if (received !== size) throw wrongSize(size, received);
      if (!equalBytes(hash.digest(), digest)) throw wrongDigest(digest);
      await (file as FileHandle).sync();
      await this.#admit(path, digest);
    };
    const begin = async (): Promise<void> => {
      await space.demand(size);
      space.spend(size);
      file = await open(path, "wx");
    };
    const end = async (error: Error | null): Promise<void> => {
      await file?.close();
      await rm(path, { force: true });
      if (error !== null) throw error;
    };
    return new Writable({
      construct: callbackify(begin),
      write: (chunk: Uint8Array, _encoding, callback) => callbackify(write)(chunk, callback),
      final: callbackify(finish),
      destroy: (error, callback) => callbackify(end)(error, callback),
    });
  }

  /**
   * Bytes `start` to `end` (not included). The digest is computed over the whole file in the same
   * pass; the last chunk is held back until it holds, and the stream fails with VALUE_DAMAGED when
   * it does not: a part of a file is only handed out whole when all of the file was right.
   */
  openRead(digest: Hash, range: { readonly start: number; readonly end: number }): Readable {
    return Readable.from(this.#chunks(digest, range), { objectMode: false });
  }

  remove(digest: Hash): void {
    rmSync(this.#pathOf(digest), { force: true });
  }

  /** Digests whose names begin with this byte. */
  list(firstByte: number): Hash[] {
    try {
      return readdirSync(join(this.folder, toHex(Uint8Array.of(firstByte)))).flatMap((name) => {
        const digest = fromHex(name);
        return digest?.length === 32 ? [digest as Hash] : [];
      });
    } catch {
      return [];
    }
  }

  async *#chunks(digest: Hash, range: { start: number; end: number }): AsyncGenerator<Uint8Array> {
    const file = await open(this.#pathOf(digest), "r");
    try {
      const hash = createHash("sha256");
      let position = 0;
      let held: Uint8Array | undefined;
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
        const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
        if (bytesRead === 0) break;
        hash.update(chunk.subarray(0, bytesRead));
        const from = Math.max(range.start - position, 0);
        const to = Math.min(range.end - position, bytesRead);
        position += bytesRead;
        if (from >= to) continue;
        if (held !== undefined) yield held;
        held = chunk.subarray(from, to);
      }
      if (!equalBytes(hash.digest(), digest)) throw damaged(digest);
      if (held !== undefined) yield held;
    } finally {
      await file.close();
    }
  }

  async #admit(path: string, digest: Hash): Promise<void> {
    const name = toHex(digest);
    const folder = join(this.folder, name.slice(0, 2));
    mkdirSync(folder, { recursive: true });
    await rename(path, join(folder, name));
    syncFolder(folder);
    syncFolder(this.folder);
  }

  #pathOf(digest: Hash): string {
    const name = toHex(digest);
    return join(this.folder, name.slice(0, 2), name);
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) {
    const { bytesWritten } = await file.write(chunk, offset, chunk.length - offset);
    offset += bytesWritten;
  }
}

export function wrongSize(size: number, received: number): QuorateError {
  const message = `a value of ${size} bytes was announced, and ${received} came`;
  return new QuorateError("VALUE_SIZE", message, "send exactly the announced bytes");
}

export function wrongDigest(digest: Hash): QuorateError {
  const message = `these bytes do not have the digest ${toHex(digest)}`;
  return new QuorateError("VALUE_DIGEST", message, "send the bytes that the name stands for");
}

export function damaged(digest: Hash): QuorateError {
  const message = `the stored bytes of ${toHex(digest)} no longer have that digest`;
  return new QuorateError("VALUE_DAMAGED", message, "ask another replica; this one repairs itself");
}
