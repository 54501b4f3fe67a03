import type { IncomingMessage, ServerResponse } from "node:http";
import { concatBytes, toHex } from "../../base/bytes.ts";
import { VALUE_PACK_BYTES_MAX, decodeValuePack } from "../../consensus/wire/value-pack.ts";
import type { PackedValue } from "../../consensus/wire/value-pack.ts";
import { HTTP_BODY_STALL_MS_MAX } from "../limits.ts";
import { BUSY, UNWANTED, digestIn, refuse } from "./blob-routes.ts";
import type { BlobRouteDependencies, RefusedUpload } from "./blob-routes.ts";
import { answerText } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";
import { paced } from "./upload-pace.ts";
import type { UploadSlots } from "./upload-slots.ts";

type Dependencies = BlobRouteDependencies & { readonly slots: UploadSlots };

/**
 * `PUT /blobs/{SHA-256 of the first value}`: small values together (consensus/wire/value-pack.ts).
 * The first must be wanted before the body is read; of the others those are kept that are. They are
 * what single uploads are: each is hashed, durable and judged by itself.
 */
export function valuePackRoute(dependencies: Dependencies): RequestHandler {
  return (request, response) => {
    const digest = digestIn(request, "/blobs/");
    request.setTimeout(HTTP_BODY_STALL_MS_MAX, () => request.destroy());
    if (digest === undefined || request.method !== "PUT") {
      answerText(response, 405, "only PUT, under the digest of the first value\n");
      return;
    }
    const { desk, figures, slots } = dependencies;
    const writers = desk.writersOf(digest);
    const size = Number(request.headers["content-length"] ?? Number.NaN);
    const refusal = refusalOf(writers, size);
    if (refusal !== undefined) return refuse(figures, response, refusal);
    const leave = slots.take(request.socket.remoteAddress ?? "", writers);
    if (leave === undefined) return refuse(figures, response, BUSY);
    void take(dependencies, request, response, size).finally(leave);
  };
}

function refusalOf(writers: readonly string[], size: number): RefusedUpload | undefined {
  if (writers.length === 0) return UNWANTED;
  if (!Number.isSafeInteger(size)) return { status: 411, text: "a content-length is needed\n" };
  return size > VALUE_PACK_BYTES_MAX
    ? { status: 413, text: "larger than a pack may be\n" }
    : undefined;
}

async function take(
  dependencies: Dependencies,
  request: IncomingMessage,
  response: ServerResponse,
  size: number,
): Promise<void> {
  const { figures, pace } = dependencies;
  const onSlow = (): void => {
    figures.drops.add("upload-slow");
    request.destroy();
  };
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of paced(request, onSlow, pace)) pieces.push(piece);
    const bytes = concatBytes(...pieces);
    const values = bytes.length === size ? decodeValuePack(bytes) : undefined;
    if (values === undefined) return refuse(figures, response, MALFORMED);
    // What comes twice would be written twice.
    const seen = new Set<string>();
    const first = values.filter(
      ({ digest }) => !seen.has(toHex(digest)) && seen.add(toHex(digest)),
    );
    const kept = await Promise.all(first.map((value) => keep(dependencies, value)));
    answerText(response, 200, `kept ${kept.filter(Boolean).length} of ${kept.length}\n`);
  } catch {
    figures.drops.add("upload-broken");
    if (!response.headersSent) answerText(response, 503, "could not be kept; try again\n");
  }
}

const MALFORMED: RefusedUpload = { status: 400, text: "no pack of values\n" };

/** False: nobody wants it, or it is not what its name says. */
async function keep(
  { blobs, desk, figures }: Dependencies,
  { digest, bytes }: PackedValue,
): Promise<boolean> {
  const wantedSize = desk.wantedSize(digest);
  if (wantedSize === undefined || bytes.length > wantedSize) return false;
  const digesters = desk.digestersFor(digest);
  if (!(await blobs.receiveSmall(digest, bytes))) {
    figures.drops.add("upload-wrong-bytes");
    return false;
  }
  for (const digester of digesters.values()) digester.update(bytes);
  figures.uploads++;
  desk.arrived(digest, bytes.length, digesters);
  return true;
}
