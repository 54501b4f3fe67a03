import { status } from "@grpc/grpc-js";
import { raw1 } from "../../../../proof/digest/raw/raw-1.ts";
import { UnfitBody } from "../../entry-form.ts";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import { VALUE_BYTES_MAX } from "../../limits.ts";
import type { PutOutcome } from "../../outcome.ts";
import { blobRoute, EMPTY_BLOB } from "../remote-execution-entries.ts";
import { clientStream, GrpcRefusal, unary } from "./grpc-method.ts";
import type { Method, ReadStream } from "./grpc-method.ts";
import { namespaceOf, putMetadata, refusalOfPut } from "./looks.ts";
import { decodeText, decodeWrite, encodeCommitted, encodeWriteStatus } from "./messages.ts";
import type { WriteRequest } from "./messages.ts";
import { readBlob } from "./read-blob.ts";
import { parseWriteName } from "./resource-name.ts";
import { ToldCall } from "./told-call.ts";

const SERVICE = "/google.bytestream.ByteStream";

/** Blobs of any size, in pieces. */
export function byteStream(access: Access): readonly Method[] {
  const writes = { access, otherwise: status.INVALID_ARGUMENT };
  return [
    readBlob(`${SERVICE}/Read`, access),
    clientStream(`${SERVICE}/Write`, writes, write),
    unary(
      `${SERVICE}/QueryWriteStatus`,
      { access, otherwise: status.NOT_FOUND },
      async (gateway, request) => {
        const { instance, digest } = parseWriteName(decodeText(request));
        const route = blobRoute(namespaceOf(instance), digest.hash);
        const isHere = route !== undefined && gateway.existsLocally(route)?.size === digest.size;
        if (isHere || digest.hash === EMPTY_BLOB) return encodeWriteStatus(digest.size);
        // Nothing is kept of an upload that was cut off: it begins anew.
        throw new GrpcRefusal(status.NOT_FOUND, "no such upload");
      },
    ),
  ];
}

async function write(gateway: GatewayView, call: ReadStream): Promise<Uint8Array> {
  const messages = call.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
  const opening = await messages.next().catch(() => ({ done: true as const, value: undefined }));
  if (opening.done === true) throw refusal(gateway, "cut-off");
  const first = decodeWrite(opening.value);
  const { instance, digest } = parseWriteName(first.name);
  const { size } = digest;
  if (digest.hash === EMPTY_BLOB && size === 0) return encodeCommitted(0);
  const route = blobRoute(namespaceOf(instance), digest.hash);
  if (route === undefined) throw refusal(gateway, "malformed");
  if (size > VALUE_BYTES_MAX) throw refusal(gateway, "over-size");
  const refused = gateway.refusesWrite(route);
  if (refused !== undefined) throw refusal(gateway, refused);
  // Whoever uploads what is here is told so at once, and may stop.
  if (gateway.existsLocally(route)?.size === size) return encodeCommitted(size);
  const bytes = piecesOf(first, messages, size);
  const told = new ToldCall(gateway, "Write", route);
  const outcome = await gateway.putBody(route, { kindOf: () => raw1, bytes }, () => call.cancelled);
  told.write(outcome, outcome === "cut-off" ? 0 : size);
  const failed = refusalOfPut(outcome);
  if (failed !== undefined) throw failed;
  call.sendMetadata(putMetadata(outcome));
  return encodeCommitted(size);
}

function refusal(gateway: GatewayView, outcome: PutOutcome): GrpcRefusal {
  gateway.counts.put(outcome);
  return refusalOfPut(outcome) ?? new GrpcRefusal(status.INVALID_ARGUMENT, outcome);
}

/** @throws UnfitBody; MalformedMessage counts as one */
async function* piecesOf(
  first: WriteRequest,
  messages: AsyncIterator<Buffer>,
  size: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let at = 0;
  let request = first;
  for (;;) {
    const isOther = request.name !== "" && request.name !== first.name;
    if (request.offset !== at || isOther) throw new UnfitBody("it does not go on where it was");
    at += request.bytes.length;
    if (at > size) throw new UnfitBody("it is larger than it was to be");
    yield request.bytes;
    if (request.isLast) break;
    const next = await messages.next();
    if (next.done === true) break;
    request = decoded(next.value);
  }
  if (at !== size) throw new UnfitBody("it is smaller than it was to be");
}

function decoded(message: Uint8Array): WriteRequest {
  try {
    return decodeWrite(message);
  } catch {
    throw new UnfitBody("it is no message of an upload");
  }
}
