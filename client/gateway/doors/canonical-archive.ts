import { finished, pipeline, Readable } from "node:stream";
import type { IncomingMessage } from "node:http";
import { constants, createGunzip, createGzip } from "node:zlib";
import { EXPANSION_MAX } from "../../../proof/digest/archive/gunzip.ts";
import type { ArchiveRules } from "../../../proof/digest/archive/archive-rules.ts";
import { CanonicalTar } from "../../../proof/digest/archive/canonical-tar.ts";
import { Malformed } from "../../../proof/digest/archive/malformed.ts";
import { lasting } from "../body-reader.ts";
import { UnfitBody } from "../entry-form.ts";
import { UNPACKED_COUNT_MAX } from "../limits.ts";
import { Turns } from "../turns.ts";

/** Compression that keeps pace with a fast disk; half a percent larger than what tools send. */
const LEVEL = 4;
/** Of all gateways in this process, for they share its threads. */
const UNPACKING = new Turns(UNPACKED_COUNT_MAX);
const EXPANSION_FREE_BYTES = 1024 * 1024;

/**
 * A tool's gzipped archive as the digester of its kind wants it, in pieces and in bounded memory.
 * When it turns out to be unfit, the request is read to its end, so that it can be answered.
 * @throws UnfitBody
 */
export async function* canonicalArchive(
  rules: ArchiveRules,
  request: IncomingMessage,
): AsyncGenerator<Uint8Array, void, undefined> {
  let inputSize = 0;
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of lasting<unknown>(request)) {
      inputSize += (chunk as Uint8Array).length;
      // A turn is as long as this piece: who sends nothing keeps nobody waiting.
      const end = await UNPACKING.take();
      try {
        yield chunk as Uint8Array;
      } finally {
        end();
      }
    }
  };
  const rewritten = (input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> =>
    rewrite(rules, input, () => inputSize);
  const gzip = createGzip({ level: LEVEL });
  let trouble: Error | undefined;
  const source = Readable.from(counted(), { highWaterMark: 1 });
  pipeline(source, createGunzip(), rewritten, gzip, (error) => {
    trouble = error ?? undefined;
  });
  try {
    for await (const chunk of gzip) yield chunk as Uint8Array;
  } catch (error) {
    trouble ??= error as Error;
    if (!isUnfit(trouble)) throw trouble;
    await drain(request);
    throw new UnfitBody(trouble.message);
  } finally {
    // What follows the archive's end is never asked for, and would keep its turn.
    source.destroy();
  }
}

async function* rewrite(
  rules: ArchiveRules,
  source: AsyncIterable<Uint8Array>,
  inputSize: () => number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let parts: Uint8Array[] = [];
  let size = 0;
  const tar = new CanonicalTar(rules, { bytes: (piece) => parts.push(piece.slice()) });
  for await (const chunk of source) {
    size += chunk.length;
    if (size > inputSize() * EXPANSION_MAX + EXPANSION_FREE_BYTES) {
      throw new Malformed("it expands too much");
    }
    tar.push(chunk);
    if (parts.length > 0) yield Buffer.concat(parts);
    parts = [];
  }
  tar.finish();
  yield Buffer.concat(parts);
}

function isUnfit(error: Error): boolean {
  const code = (error as { readonly code?: unknown }).code;
  return error instanceof Malformed || (typeof code === "string" && code in constants);
}

function drain(request: IncomingMessage): Promise<void> {
  if (request.readableEnded || request.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    finished(request, () => resolve());
    request.resume();
  });
}
