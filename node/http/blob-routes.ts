import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { fromHex } from "../../base/bytes.ts";
import { PACKED_ENCODING, packStream, peek, unpackStream } from "../../base/host/packed-stream.ts";
import { HASH_SIZE } from "../../base/types.ts";
import type { Hash } from "../../base/types.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { ValueDesk } from "../host/value-desk.ts";
import { HTTP_BODY_STALL_MS_MAX } from "../limits.ts";
import type { Figures } from "../metrics/figures.ts";
import { parseRange } from "./byte-range.ts";
import { answerText, pathOf } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";
import { paced } from "./upload-pace.ts";
import type { Pace } from "./upload-pace.ts";
import { UploadSlots } from "./upload-slots.ts";

/** Which values are wanted, and who is told when one has come. */
export type UploadDesk = Pick<ValueDesk, "wantedSize" | "writersOf" | "digestersFor" | "arrived">;

export interface BlobRouteDependencies {
  readonly blobs: BlobStore;
  readonly desk: UploadDesk;
  readonly figures: Figures;
  /** How slow an upload may be; tests have no time. */
  readonly pace?: Pace;
  /** Shared with other routes that take uploads. */
  readonly slots?: UploadSlots;
}

/**
 * `/blob/{SHA-256 in hex}`. GET and HEAD for everybody: who knows the digest may have the bytes
 * and checks them. PUT only of what a pending write set wants.
 */
export function blobRoute(dependencies: BlobRouteDependencies): RequestHandler {
  const slots = dependencies.slots ?? new UploadSlots();
  return (request, response) => {
    const digest = digestIn(request, "/blob/");
    request.setTimeout(HTTP_BODY_STALL_MS_MAX, () => request.destroy());
    if (digest === undefined) {
      answerText(response, 400, "a blob's name is 64 lower-case hex digits\n");
    } else if (request.method === "GET" || request.method === "HEAD") {
      void download(dependencies, request, response, digest);
    } else if (request.method === "PUT") {
      void upload(dependencies, slots, request, response, digest);
    } else {
      answerText(response, 405, "only GET, HEAD and PUT\n");
    }
  };
}

/** What a path ends with behind its folder. */
export function digestIn(request: IncomingMessage, folder: string): Hash | undefined {
  const digest = fromHex(pathOf(request).slice(folder.length));
  return digest?.length === HASH_SIZE ? (digest as Hash) : undefined;
}

async function download(
  { blobs, figures }: BlobRouteDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  digest: Hash,
): Promise<void> {
  const size = blobs.sizeOf(digest);
  if (size === undefined) {
    answerText(response, 404, "this value is not here\n");
    return;
  }
  const range = parseRange(request.headers.range, size);
  if (range === "unsatisfiable") {
    response.setHeader("content-range", `bytes */${size}`);
    answerText(response, 416, "no such range\n");
    return;
  }
  const { start, end } = range ?? { start: 0, end: size - 1 };
  const headers = {
    "content-type": "application/octet-stream",
    "accept-ranges": "bytes",
    "cache-control": "public, max-age=31536000, immutable",
    vary: "accept-encoding",
    ...(range === undefined ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
  };
  const plainHeaders = { ...headers, "content-length": end - start + 1 };
  if (request.method === "HEAD" || size === 0) {
    response.writeHead(range === undefined ? 200 : 206, plainHeaders).end();
    return;
  }
  try {
    const stored = counted(blobs.stream(digest, { start, end }), figures, "sent-plain");
    // A part is of the plain bytes: it goes as it is.
    const mayPack = range === undefined && takesPacked(request);
    const { isWorthPacking, pieces } = await peek(stored, mayPack ? size : 0);
    if (isWorthPacking)
      response.writeHead(200, { ...headers, "content-encoding": PACKED_ENCODING });
    else response.writeHead(range === undefined ? 200 : 206, plainHeaders);
    const travelling = isWorthPacking ? packStream(pieces) : pieces;
    const sent = counted(travelling, figures, "sent-travelled");
    await pipeline(Readable.from(sent, { objectMode: false }), response);
  } catch {
    // The reader left, or the value is damaged: either way the answer is cut short, never wrong.
    figures.drops.add("blob-download-broken");
    response.destroy();
  }
}

function takesPacked({ headers }: IncomingMessage): boolean {
  const accepted = (headers["accept-encoding"] ?? "").split(",");
  return accepted.some((one) => one.trim() === PACKED_ENCODING);
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  { blobBytes }: Figures,
  what: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    blobBytes.add(what, piece.length);
    yield piece;
  }
}

async function upload(
  dependencies: BlobRouteDependencies,
  slots: UploadSlots,
  request: IncomingMessage,
  response: ServerResponse,
  digest: Hash,
): Promise<void> {
  const { blobs, desk, figures } = dependencies;
  const wantedSize = desk.wantedSize(digest);
  const encoding = request.headers["content-encoding"];
  if (encoding !== undefined && encoding !== PACKED_ENCODING) {
    return refuse(figures, response, UNKNOWN_ENCODING);
  }
  const isPacked = encoding === PACKED_ENCODING;
  // How long packed bytes are says nothing: the plain ones must be as many as the write set says.
  const size = isPacked
    ? (wantedSize ?? 0)
    : Number(request.headers["content-length"] ?? Number.NaN);
  const refusal = refusalOf(blobs.sizeOf(digest) !== undefined, wantedSize, size);
  if (refusal !== undefined) return refuse(figures, response, refusal);
  const leave = slots.take(request.socket.remoteAddress ?? "", desk.writersOf(digest));
  if (leave === undefined) return refuse(figures, response, BUSY);
  const onSlow = (): void => {
    figures.drops.add("upload-slow");
    request.destroy();
  };
  const digesters = desk.digestersFor(digest);
  async function* pieces(): AsyncGenerator<Uint8Array> {
    // Who has read enough must not end the connection: the answer goes over it.
    const body = request.iterator({ destroyOnReturn: false });
    const arriving = paced(body, onSlow, dependencies.pace);
    const travelled = counted(arriving, figures, "received-travelled");
    const plain = isPacked ? unpackStream(travelled, size) : travelled;
    for await (const piece of counted(plain, figures, "received-plain")) {
      for (const digester of digesters.values()) digester.update(piece);
      yield piece;
    }
  }
  try {
    const isRight = await blobs.receive(digest, size, pieces());
    if (isRight) {
      figures.uploads++;
      desk.arrived(digest, size, digesters);
    }
    if (!isRight) figures.drops.add("upload-wrong-bytes");
    closeIfUnread(request, response);
    answerText(response, isRight ? 201 : 422, isRight ? "kept\n" : "the bytes do not hash to it\n");
  } catch {
    figures.drops.add("upload-broken");
    closeIfUnread(request, response);
    if (!response.headersSent) answerText(response, 503, "could not be kept; try again\n");
  } finally {
    leave();
  }
}

/** What is left of a body that was refused is not read. */
function closeIfUnread(request: IncomingMessage, response: ServerResponse): void {
  if (!request.readableEnded && !response.headersSent) response.setHeader("connection", "close");
}

export interface RefusedUpload {
  readonly status: number;
  readonly text: string;
}

export const BUSY: RefusedUpload = { status: 503, text: "too many uploads; try again\n" };

export const UNWANTED: RefusedUpload = {
  status: 409,
  text: "no pending write set wants this value; submit it first\n",
};

const UNKNOWN_ENCODING: RefusedUpload = {
  status: 415,
  text: `only ${PACKED_ENCODING}, or none\n`,
};

/** The body is not read: answering early and closing is cheaper than swallowing a gigabyte. */
export function refuse(
  figures: Figures,
  response: ServerResponse,
  { status, text }: RefusedUpload,
): void {
  response.setHeader("connection", "close");
  if (status >= 400) figures.drops.add(`upload-${status}`);
  answerText(response, status, text);
}

function refusalOf(
  isHere: boolean,
  wantedSize: number | undefined,
  size: number,
): RefusedUpload | undefined {
  if (isHere) return { status: 200, text: "already here\n" };
  if (wantedSize === undefined) {
    return UNWANTED;
  }
  if (!Number.isSafeInteger(size)) return { status: 411, text: "a content-length is needed\n" };
  if (size > wantedSize) return { status: 413, text: "larger than the write set says\n" };
  return undefined;
}
