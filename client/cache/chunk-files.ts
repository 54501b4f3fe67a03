import { hash as digestOf, randomBytes } from "node:crypto";
import { mkdir, open, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { packBytes, unpackBytes } from "../../base/host/packed-bytes.ts";
import { equalBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { nameOf } from "./chunk-ledger.ts";
import type { ChunkRef } from "./disk-rows.ts";
import { placeFile, sweepShelves } from "./value-files.ts";

/** The first byte of a chunk's file: how the rest is stored. */
const PLAIN = 0;
const PACKED = 1;

/** Chunks: a file each, under the digest of its plain bytes, packed where that helps. */
export class ChunkFiles {
  readonly #folder: string;
  readonly #aside: string;
  /** Chunks that are read now or about to be named, by how many: their files stay. */
  readonly #holds = new Map<string, number>();
  readonly #removals = new Set<Promise<void>>();
  /** Whether a row names the chunk: set by the owner before anything else is asked. */
  isNamed: (digest: Hash) => boolean = () => true;

  private constructor(folder: string) {
    this.#folder = join(folder, "chunks");
    this.#aside = join(folder, "aside-chunks");
  }

  static async open(folder: string): Promise<ChunkFiles> {
    const files = new ChunkFiles(folder);
    await rm(files.#aside, { recursive: true, force: true });
    await mkdir(files.#aside, { recursive: true });
    await mkdir(files.#folder, { recursive: true });
    return files;
  }

  /** To be called before the first `read`, in the same turn in which the value was found. */
  hold(chunks: readonly Pick<ChunkRef, "digest">[]): void {
    for (const { digest } of chunks) {
      this.#holds.set(nameOf(digest), (this.#holds.get(nameOf(digest)) ?? 0) + 1);
    }
  }

  /** What nobody names by now goes. */
  release(chunks: readonly Pick<ChunkRef, "digest">[]): void {
    for (const { digest } of chunks) {
      const left = (this.#holds.get(nameOf(digest)) ?? 0) - 1;
      if (left > 0) this.#holds.set(nameOf(digest), left);
      else this.#holds.delete(nameOf(digest));
      if (left <= 0) this.removeUnnamed(digest);
    }
  }

  /** Undefined: the file cannot be read, or its bytes are not the chunk; then it goes. */
  async read({ digest, size }: ChunkRef): Promise<Uint8Array | undefined> {
    const stored = await readFile(this.#path(digest)).catch(() => undefined);
    const rest = stored?.subarray(1) ?? new Uint8Array(0);
    const plain = stored?.[0] === PACKED ? await unpackBytes(rest, size) : rest;
    const isRight =
      stored !== undefined &&
      (stored[0] === PLAIN || stored[0] === PACKED) &&
      plain?.length === size &&
      equalBytes(digestOf("sha256", plain, "buffer"), digest);
    if (isRight) return plain;
    // Whoever places this chunk next is to write it anew.
    if (stored !== undefined) await rm(this.#path(digest), { force: true });
    return undefined;
  }

  /**
   * Durable when this resolves; of these bytes, which have this digest. The chunk is to be held.
   * Undefined: `onlyPacked`, and packing would not help.
   */
  async place(
    digest: Hash,
    bytes: Uint8Array,
    { onlyPacked }: { readonly onlyPacked: boolean },
  ): Promise<ChunkRef | undefined> {
    await Promise.all(this.#removals);
    const known = await stat(this.#path(digest)).catch(() => undefined);
    if (known !== undefined) return { digest, size: bytes.length, storedSize: known.size };
    const packed = await packBytes(bytes);
    if (packed === undefined && onlyPacked) return undefined;
    const tag = Uint8Array.of(packed === undefined ? PLAIN : PACKED);
    const stored = packed ?? bytes;
    const aside = join(this.#aside, randomBytes(12).toString("hex"));
    const file = await open(aside, "wx", 0o600);
    try {
      await file.writeFile(tag);
      await file.writeFile(stored);
      await file.datasync();
    } finally {
      await file.close();
    }
    await placeFile(aside, this.#path(digest));
    return { digest, size: bytes.length, storedSize: stored.length + 1 };
  }

  removeUnnamed(digest: Hash): void {
    if (this.#holds.has(nameOf(digest)) || this.isNamed(digest)) return;
    const removal = rm(this.#path(digest), { force: true })
      .catch(() => undefined)
      .finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Removes files that no row names: left by a crash between chunks and the row of their value. */
  sweep(): Promise<number> {
    return sweepShelves(this.#folder, (digest) => this.isNamed(digest));
  }

  async idle(): Promise<void> {
    await Promise.all(this.#removals);
  }

  #path(digest: Hash): string {
    const name = toHex(digest);
    return join(this.#folder, name.slice(0, 2), name.slice(2));
  }
}
