import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { indexRecording } from "../../base/journal/block-index.ts";
import { EVENT_KINDS } from "../../base/journal/journal-event.ts";
import type { EventKind } from "../../base/journal/journal-event.ts";
import { RecordingThinner, THINNING_LEVEL_MAX } from "../../base/journal/thin-recording.ts";
import type { Thinning } from "../../base/journal/thin-recording.ts";
import { parseRange } from "../../node/http/byte-range.ts";

/**
 * A recording, in the ways in which a page can want it:
 *
 *     /recording/NAME         its bytes, or those of a `range:`
 *     /recording-index/NAME   where its blocks are: {size, headerSize, blocks: [[offset, size, events, ms, ms] …]},
 *                             without the last two when it has gaps
 *     /recording-thin/NAME?level=3&always=crash,restart   one of 2^level events, as a recording
 *
 * The name is for people; the file is the one that the command names.
 */
export const RECORDING_PATH: RegExp = /^\/recording(-index|-thin)?\//;

/** Between two of its pieces other requests have their turn. */
const PIECE_BYTES = 256 * 1024;

export async function answerRecording(
  path: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const file = path === undefined ? undefined : await open(path, "r").catch(() => undefined);
  if (file === undefined) return refuse(response, 404, "no recording");
  try {
    // A file that still grows is served as long as it is now.
    const { size } = await file.stat();
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://viewer");
    const [, what] = RECORDING_PATH.exec(pathname) ?? [];
    if (what === "-index") await answerIndex(file, size, response);
    else if (what === "-thin") await answerThin(file, size, thinningOf(searchParams), response);
    else await answerBytes(file, size, request.headers.range, response);
  } finally {
    await file.close();
  }
}

async function answerBytes(
  file: FileHandle,
  size: number,
  wanted: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const range = parseRange(wanted, size);
  if (range === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${size}`);
    return refuse(response, 416, "no such range");
  }
  const [from, to] = range === undefined ? [0, size] : [range.start, range.end + 1];
  response.writeHead(range === undefined ? 200 : 206, {
    "content-type": "application/octet-stream",
    "content-length": to - from,
    "accept-ranges": "bytes",
    ...(range === undefined ? {} : { "content-range": `bytes ${from}-${to - 1}/${size}` }),
    "cache-control": "no-store",
  });
  await send(pieces(file, from, to), response);
}

async function answerIndex(
  file: FileHandle,
  size: number,
  response: ServerResponse,
): Promise<void> {
  const index = await indexRecording((offset, length) => readAt(file, offset, length), size);
  const blocks = index?.blocks.map((block) => [
    ...[block.offset, block.size, block.eventCount, block.earliestMs, block.latestMs],
  ]);
  response.writeHead(200, {
    "content-type": "application/json",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(JSON.stringify({ size, headerSize: index?.headerSize, blocks }));
}

async function answerThin(
  file: FileHandle,
  size: number,
  thinning: Thinning | undefined,
  response: ServerResponse,
): Promise<void> {
  if (thinning === undefined) return refuse(response, 400, "no such level");
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "cache-control": "no-store",
  });
  await send(thinned(file, size, thinning), response);
}

function thinningOf(asked: URLSearchParams): Thinning | undefined {
  const level = Number(asked.get("level") ?? Number.NaN);
  if (!Number.isInteger(level) || level < 0 || level > THINNING_LEVEL_MAX) return undefined;
  const named = new Set((asked.get("always") ?? "").split(","));
  const always = new Set<EventKind>(EVENT_KINDS.filter((kind) => named.has(kind)));
  return { level, always };
}

async function* thinned(
  file: FileHandle,
  size: number,
  thinning: Thinning,
): AsyncGenerator<Uint8Array> {
  const thinner = new RecordingThinner(thinning);
  for await (const piece of pieces(file, 0, size)) yield* thinner.push(piece);
  yield* thinner.end();
}

async function* pieces(file: FileHandle, from: number, to: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < to;) {
    const piece = await readAt(file, at, Math.min(PIECE_BYTES, to - at));
    // It was cut meanwhile: what was promised cannot be kept.
    if (piece.length === 0) throw new Error("the recording became shorter");
    yield piece;
    at += piece.length;
  }
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  const { bytesRead } = await file.read(bytes, 0, length, offset);
  return bytes.subarray(0, bytesRead);
}

/** A page that goes away meanwhile is no error. */
async function send(bytes: AsyncGenerator<Uint8Array>, response: ServerResponse): Promise<void> {
  await pipeline(Readable.from(bytes, { objectMode: false }), response).catch(() => undefined);
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${why}\n`);
}
