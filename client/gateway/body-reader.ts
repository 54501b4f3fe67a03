import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import type { Hash } from "../../base/types.ts";
import type {
  ArtifactKind,
  Digester,
  DigestResult,
  IncrementalHash,
  Rewriter,
} from "../../proof/digest/artifact-kind.ts";
import { kindOf, kindOfBody } from "../../proof/digest/registry.ts";
import { VALUE_BYTES_MAX, WHOLE_BODY_BYTES_MAX } from "./limits.ts";
import { startHash } from "./stream-hash.ts";

/** A body as it will be stored: rewritten, so that only what is voted for is left in it. */
export interface ReceivedBody {
  readonly kind: string;
  /** SHA-256 of the stored bytes. */
  readonly digest: Hash;
  readonly semanticDigest: Hash;
  readonly size: number;
  /** The stored bytes when they fitted into memory, else they are in `path`. */
  readonly bytes: Uint8Array | undefined;
  readonly path: string | undefined;
}

export type Received = ReceivedBody | "over-size" | "cut-off";

const HEAD_SIZE = 4;

/**
 * Takes one body in: tells its kind by its first bytes, digests and rewrites it on the way. It
 * stays in memory up to WHOLE_BODY_BYTES_MAX and goes through `spoolPath` beyond, one chunk at a
 * time. A body that begins like a kind and is no well-formed member of it is stored as raw bytes.
 */
export async function readBody(
  source: Readable,
  options: { readonly spoolPath: () => string; readonly mayUseMemory: boolean },
): Promise<Received> {
  const body = new BodyReader(options.spoolPath, options.mayUseMemory);
  try {
    for await (const chunk of source) {
      if (!(await body.add(chunk as Uint8Array))) {
        await body.close();
        return "over-size";
      }
    }
    if (source.destroyed && !source.readableEnded) {
      await body.close();
      return "cut-off";
    }
  } catch {
    await body.close();
    return "cut-off";
  }
  return body.finish();
}

class BodyReader {
  readonly #spoolPath: () => string;
  readonly #mayUseMemory: boolean;
  #parts: Uint8Array[] = [];
  #size = 0;
  #file: FileHandle | undefined;
  #path: string | undefined;

  constructor(spoolPath: () => string, mayUseMemory: boolean) {
    this.#spoolPath = spoolPath;
    this.#mayUseMemory = mayUseMemory;
  }

  /** False: larger than any value may be. */
  async add(chunk: Uint8Array): Promise<boolean> {
    this.#size += chunk.length;
    if (this.#size > VALUE_BYTES_MAX) return false;
    if (this.#file !== undefined) {
      await this.#file.write(chunk);
      return true;
    }
    this.#parts.push(chunk);
    if (this.#size > WHOLE_BODY_BYTES_MAX || !this.#mayUseMemory) await this.#spill();
    return true;
  }

  async finish(): Promise<ReceivedBody> {
    if (this.#file === undefined) {
      const bytes = this.#parts.length === 1 ? this.#parts[0] : undefined;
      return judgeWhole(bytes ?? new Uint8Array(Buffer.concat(this.#parts)));
    }
    try {
      return await judgeFile(this.#file, this.#path as string, this.#size);
    } finally {
      await this.#file.close();
    }
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }

  async #spill(): Promise<void> {
    this.#path = this.#spoolPath();
    this.#file = await open(this.#path, "wx+", 0o600);
    for (const part of this.#parts) await this.#file.write(part);
    this.#parts = [];
  }
}

function judgeWhole(bytes: Uint8Array): ReceivedBody {
  let pass = new Pass(kindOfBody(bytes.subarray(0, HEAD_SIZE)));
  let stored = pass.whole(bytes);
  let judged = pass.finish();
  if (judged === undefined) {
    pass = new Pass(kindOf("raw/1") as ArtifactKind);
    stored = pass.whole(bytes);
    judged = pass.finish();
  }
  if (judged === undefined) throw new Error("raw bytes have a digest");
  return { ...judged, size: bytes.length, bytes: stored, path: undefined };
}

/** One pass to judge; a second only to write what the rewriter changed, in place: sizes are equal. */
async function judgeFile(file: FileHandle, path: string, size: number): Promise<ReceivedBody> {
  const head = new Uint8Array(HEAD_SIZE);
  await file.read(head, 0, HEAD_SIZE, 0);
  for (const kind of [kindOfBody(head), kindOf("raw/1") as ArtifactKind]) {
    const pass = new Pass(kind);
    for await (const chunk of chunksOf(file, size)) pass.update(chunk);
    const judged = pass.finish();
    if (judged === undefined) continue;
    if (kind.startRewrite !== undefined) await rewriteFile(file, size, kind.startRewrite());
    return { ...judged, size, bytes: undefined, path };
  }
  throw new Error("raw bytes have a digest");
}

async function rewriteFile(file: FileHandle, size: number, rewriter: Rewriter): Promise<void> {
  let offset = 0;
  const write = async (bytes: Uint8Array): Promise<void> => {
    await file.write(bytes, 0, bytes.length, offset);
    offset += bytes.length;
  };
  // The rewriter never runs ahead of what was read, so writing in place is safe.
  for await (const chunk of chunksOf(file, size)) await write(rewriter.update(chunk));
  await write(rewriter.finish());
}

const CHUNK_BYTES = 256 * 1024;

async function* chunksOf(file: FileHandle, size: number): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < size;) {
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, size - offset));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    if (bytesRead === 0) return;
    offset += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}

/** Digest of what will be stored and digest of what it means, in one go over the bytes. */
class Pass {
  readonly #kind: ArtifactKind;
  readonly #digester: Digester;
  readonly #rewriter: Rewriter | undefined;
  readonly #stored: IncrementalHash = startHash();

  constructor(kind: ArtifactKind) {
    this.#kind = kind;
    this.#digester = kind.startDigest(startHash);
    this.#rewriter = kind.startRewrite?.();
  }

  /** Answers what is stored of the chunk. */
  update(chunk: Uint8Array): Uint8Array {
    this.#digester.update(chunk);
    const stored = this.#rewriter === undefined ? chunk : this.#rewriter.update(chunk);
    this.#stored.update(stored);
    return stored;
  }

  whole(bytes: Uint8Array): Uint8Array {
    const stored = this.update(bytes);
    const rest = this.#finishRewrite();
    return rest.length === 0 ? stored : new Uint8Array(Buffer.concat([stored, rest]));
  }

  finish(): Pick<ReceivedBody, "kind" | "digest" | "semanticDigest"> | undefined {
    this.#finishRewrite();
    const meaning: DigestResult = this.#digester.finish();
    if (meaning.status === "refused") return undefined;
    const digest = this.#stored.finish();
    return { kind: this.#kind.id, digest, semanticDigest: meaning.digest };
  }

  #rest: Uint8Array | undefined;

  #finishRewrite(): Uint8Array {
    if (this.#rest !== undefined) return this.#rest;
    this.#rest = this.#rewriter?.finish() ?? new Uint8Array(0);
    if (this.#rest.length > 0) this.#stored.update(this.#rest);
    return this.#rest;
  }
}
