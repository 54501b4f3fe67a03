import { createHash, hash as digestOf, randomBytes } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { cacheCorrupt, valueMismatch } from "./cache-errors.ts";
import type { ValueWriter } from "./cache-tier.ts";
import { CHUNK_BYTES, WHOLE_READ_BYTES_MAX } from "./limits.ts";

/** Values too large for LMDB: one file each, named by digest, written aside and moved into place. */
export class ValueFiles {
  readonly #folder: string;
  readonly #aside: string;

  private constructor(folder: string) {
    this.#folder = join(folder, "values");
    this.#aside = join(folder, "aside");
  }

  /** Half-written files of an earlier run are of no use to anybody and go. */
  static async open(folder: string): Promise<ValueFiles> {
    const files = new ValueFiles(folder);
    await rm(files.#aside, { recursive: true, force: true });
    await mkdir(files.#aside, { recursive: true });
    await mkdir(files.#folder, { recursive: true });
    return files;
  }

  /** Durable once this resolves. */
  async write(digest: Hash, bytes: Uint8Array): Promise<void> {
    const writer = await this.#writer(digest, bytes.length, undefined);
    try {
      await writer.write(bytes);
      await writer.commit();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  /** `commit` is durable, and refuses bytes that are not the announced value. */
  start(digest: Hash, size: number): Promise<ValueWriter> {
    return this.#writer(digest, size, createHash("sha256"));
  }

  /** @throws QuorateError CACHE_CORRUPT when the bytes are not the value, or are gone */
  async *stream(digest: Hash, size: number): AsyncGenerator<Uint8Array, void, undefined> {
    if (size <= WHOLE_READ_BYTES_MAX) {
      const bytes = await readFile(this.path(digest)).catch(() => undefined);
      const right = bytes !== undefined && equalBytes(digestOf("sha256", bytes, "buffer"), digest);
      if (!right) throw cacheCorrupt(digest);
      yield bytes;
      return;
    }
    const file = await open(this.path(digest)).catch(() => undefined);
    if (file === undefined) throw cacheCorrupt(digest);
    try {
      yield* withheld(chunksOf(file), digest, size);
    } finally {
      await file.close();
    }
  }

  async remove(digest: Hash): Promise<void> {
    await rm(this.path(digest), { force: true });
  }

  /** Removes files that no row names: left by a crash between a file and its row. */
  sweep(isNamed: (digest: Hash) => boolean): Promise<number> {
    return sweepShelves(this.#folder, isNamed);
  }

  path(digest: Hash): string {
    const name = toHex(digest);
    return join(this.#folder, name.slice(0, 2), name.slice(2));
  }

  async #writer(
    digest: Hash,
    size: number,
    hasher: ReturnType<typeof createHash> | undefined,
  ): Promise<ValueWriter> {
    const aside = join(this.#aside, randomBytes(12).toString("hex"));
    const file = await open(aside, "wx", 0o600);
    let length = 0;
    let open_ = true;
    const close = async (): Promise<void> => {
      if (open_) await file.close();
      open_ = false;
    };
    const abort = async (): Promise<void> => {
      await close();
      await rm(aside, { force: true });
    };
    return {
      write: async (chunk) => {
        length += chunk.length;
        if (length > size) return;
        hasher?.update(chunk);
        await file.writeFile(chunk);
      },
      commit: async () => {
        const right = hasher === undefined || equalBytes(hasher.digest(), digest);
        if (length !== size || !right) {
          await abort();
          throw valueMismatch(digest);
        }
        await file.datasync();
        await close();
        await placeFile(aside, this.path(digest));
      },
      abort,
    };
  }
}

/** Moves a finished file to where it belongs, durably. */
export async function placeFile(aside: string, path: string): Promise<void> {
  const shelf = join(path, "..");
  await mkdir(shelf, { recursive: true });
  await rename(aside, path);
  const folder = await open(shelf);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes the files on a folder's shelves that nothing names; returns how many. */
export async function sweepShelves(
  folder: string,
  isNamed: (digest: Hash) => boolean,
): Promise<number> {
  let removed = 0;
  for (const shelf of await readdir(folder)) {
    for (const name of await readdir(join(folder, shelf))) {
      const digest = Uint8Array.from(Buffer.from(shelf + name, "hex")) as Hash;
      if (digest.length === 32 && isNamed(digest)) continue;
      await rm(join(folder, shelf, name), { force: true });
      removed++;
    }
  }
  return removed;
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array, void, undefined> {
  while (true) {
    const buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Passes chunks on one behind: the last leaves only when all together have the digest. */
async function* withheld(
  chunks: AsyncIterable<Uint8Array>,
  digest: Hash,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hasher = createHash("sha256");
  let length = 0;
  let last: Uint8Array | undefined;
  for await (const chunk of chunks) {
    hasher.update(chunk);
    length += chunk.length;
    if (last !== undefined) yield last;
    last = chunk;
  }
  if (length !== size || !equalBytes(hasher.digest(), digest)) throw cacheCorrupt(digest);
  if (last !== undefined) yield last;
}
