import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import type { Hash } from "../../base/types.ts";
import type {
  ArtifactKind,
  Digester,
  DigestResult,
  IncrementalHash,
  Rewriter,
} from "../../proof/digest/artifact-kind.ts";
import { raw1 } from "../../proof/digest/raw/raw-1.ts";
import { kindOfBody } from "../../proof/digest/registry.ts";
import { HeldPieces } from "./body-memory.ts";
import type { BodyMemory } from "./body-memory.ts";
import { UnfitBody } from "./entry-form.ts";
import type { TakenBody } from "./entry-form.ts";
import { inTurns } from "./in-turns.ts";
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

export type Received = ReceivedBody | "over-size" | "cut-off" | "malformed";

const HEAD_SIZE = 4;

type KindOf = TakenBody["kindOf"];

/**
 * Takes one body in, digests and rewrites it on the way. It stays in memory up to
 * WHOLE_BODY_BYTES_MAX, as long as all have room there, and goes through `spoolPath` beyond. Where its door says
 * of which kind it is, it must be a well-formed member; else its first bytes tell, and what begins
 * like a kind and is no well-formed member of it is stored as raw bytes.
 */
export async function readBody(
  taken: TakenBody,
  options: {
    readonly spoolPath: () => string;
    readonly memory: BodyMemory;
    /** The sender left before the end: not always told by an error. */
    readonly isCutOff: () => boolean;
  },
): Promise<Received> {
  const body = new BodyReader(options.spoolPath, options.memory);
  let trouble: unknown;
  try {
    let size = 0;
    for await (const chunk of lasting(taken.bytes)) {
      size += chunk.length;
      // What this disk does not take is read to its end all the same: its tool waits for an answer.
      if (trouble === undefined) await body.add(chunk).catch((error: unknown) => (trouble = error));
      if (size <= VALUE_BYTES_MAX) continue;
      await body.close();
      return "over-size";
    }
    if (trouble === undefined && options.isCutOff()) {
      await body.close();
      return "cut-off";
    }
  } catch (error) {
    await body.close();
    return error instanceof UnfitBody ? "malformed" : "cut-off";
  }
  if (trouble !== undefined) {
    await body.close();
    throw trouble;
  }
  return (await body.finish(taken.kindOf)) ?? "malformed";
}

/** A request whose body was left before its end keeps its connection: the answer goes over it. */
export function lasting<Chunk>(source: AsyncIterable<Chunk>): AsyncIterable<Chunk> {
  return source instanceof Readable ? source.iterator({ destroyOnReturn: false }) : source;
}

class BodyReader {
  readonly #spoolPath: () => string;
  readonly #held: HeldPieces;
  #size = 0;
  #file: FileHandle | undefined;
  #path: string | undefined;

  constructor(spoolPath: () => string, memory: BodyMemory) {
    this.#spoolPath = spoolPath;
    this.#held = new HeldPieces(memory);
  }

  /** Nothing of what is larger than any value may be. @throws what the disk says */
  async add(chunk: Uint8Array): Promise<void> {
    this.#size += chunk.length;
    if (this.#size > VALUE_BYTES_MAX) return;
    const hasRoom = this.#held.add(chunk);
    // What trickles into a file is gathered: each write takes a turn from others' files.
    const isTooMuch =
      this.#file === undefined ? this.#size > WHOLE_BODY_BYTES_MAX : this.#held.isMoreThanOwn;
    if (isTooMuch || !hasRoom) await this.#spill();
  }

  /** Undefined: no well-formed member of the kind. */
  async finish(kindOf: KindOf): Promise<ReceivedBody | undefined> {
    try {
      if (this.#file === undefined) return await judgeWhole(this.#held.whole(), kindOf);
      await this.#spill();
      return await judgeFile(this.#file, this.#path as string, this.#size, kindOf);
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    this.#held.drop();
    await this.#file?.close();
  }

  async #spill(): Promise<void> {
    if (this.#file === undefined) {
      this.#path = this.#spoolPath();
      this.#file = await open(this.#path, "wx+", 0o600);
    }
    await this.#file.writeFile(this.#held.whole());
    this.#held.drop();
  }
}

/** The kinds that a body is tried as, in this order. */
function candidates(kindOf: KindOf, head: Uint8Array): readonly ArtifactKind[] {
  return kindOf === undefined ? [kindOfBody(head), raw1] : [kindOf(head)];
}

async function judgeWhole(bytes: Uint8Array, kindOf: KindOf): Promise<ReceivedBody | undefined> {
  for (const kind of candidates(kindOf, bytes.subarray(0, HEAD_SIZE))) {
    const pass = new Pass(kind);
    const stored = await pass.whole(bytes);
    const judged = pass.finish();
    if (judged !== undefined) {
      return { ...judged, size: bytes.length, bytes: stored, path: undefined };
    }
  }
  return undefined;
}

/** One pass to judge; a second only to write what the rewriter changed, in place: sizes are equal. */
async function judgeFile(
  file: FileHandle,
  path: string,
  size: number,
  kindOf: KindOf,
): Promise<ReceivedBody | undefined> {
  const head = new Uint8Array(HEAD_SIZE);
  await file.read(head, 0, HEAD_SIZE, 0);
  for (const kind of candidates(kindOf, head)) {
    const pass = new Pass(kind);
    for await (const chunk of chunksOf(file, size)) await pass.take(chunk);
    const judged = pass.finish();
    if (judged === undefined) continue;
    if (kind.startRewrite !== undefined) await rewriteFile(file, size, kind.startRewrite());
    return { ...judged, size, bytes: undefined, path };
  }
  return undefined;
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

  async take(chunk: Uint8Array): Promise<void> {
    await this.#digest(chunk);
    this.#stored.update(this.#rewriter === undefined ? chunk : this.#rewriter.update(chunk));
  }

  /** Answers what is stored. */
  async whole(bytes: Uint8Array): Promise<Uint8Array> {
    await this.#digest(bytes);
    const stored = this.#rewriter === undefined ? bytes : this.#rewriter.update(bytes);
    this.#stored.update(stored);
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

  #digest(bytes: Uint8Array): Promise<void> {
    return inTurns(this.#kind, bytes, (slice) => this.#digester.update(slice));
  }

  #rest: Uint8Array | undefined;

  #finishRewrite(): Uint8Array {
    if (this.#rest !== undefined) return this.#rest;
    this.#rest = this.#rewriter?.finish() ?? new Uint8Array(0);
    if (this.#rest.length > 0) this.#stored.update(this.#rest);
    return this.#rest;
  }
}
