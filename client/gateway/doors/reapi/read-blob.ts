import { status } from "@grpc/grpc-js";
import type { BlobDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import { GRPC_CHUNK_BYTES } from "../../limits.ts";
import type { Hit, MissReason } from "../../outcome.ts";
import type { DoorRoute } from "../../route.ts";
import { blobRoute, EMPTY_BLOB } from "../remote-execution-entries.ts";
import { GrpcRefusal, missing, serverStream } from "./grpc-method.ts";
import type { Method, WriteStream } from "./grpc-method.ts";
import { hitMetadata, namespaceOf } from "./looks.ts";
import { decodeRead, encodeReadResponse } from "./messages.ts";
import { parseReadName } from "./resource-name.ts";
import { ToldCall } from "./told-call.ts";

/** The part of a blob that is asked for: Bazel goes on where a broken read has ended. */
interface Part {
  readonly digest: BlobDigest;
  readonly start: number;
  readonly end: number;
}

/** ByteStream.Read. */
export function readBlob(path: string, access: Access): Method {
  return serverStream(
    path,
    { access, otherwise: status.NOT_FOUND },
    async (gateway, request, call) => {
      const { name, offset, limit } = decodeRead(request);
      const { instance, digest } = parseReadName(name);
      const part = partOf(digest, offset, limit);
      if (digest.hash === EMPTY_BLOB && digest.size === 0) return;
      const route = blobRoute(namespaceOf(instance), digest.hash);
      if (route === undefined) throw missing("absent");
      const told = new ToldCall(gateway, "Read", route);
      const reason = await readThrough(gateway, { route, part, call, told });
      if (reason === undefined) return;
      told.miss(reason);
      throw missing(reason);
    },
  );
}

interface Reading {
  readonly route: DoorRoute;
  readonly part: Part;
  readonly call: WriteStream;
  readonly told: ToldCall;
}

/** From here, else from the cluster; answers why it could not be read. */
async function readThrough(
  gateway: GatewayView,
  { route, part, call, told }: Reading,
): Promise<MissReason | undefined> {
  const near = gateway.lookLocally(route);
  if (near !== undefined) {
    if (await pour(call, near, part)) {
      told.hit(near);
      return undefined;
    }
    gateway.counts.refusal("corrupt-on-disk");
  }
  const far = await gateway.lookFurther(route);
  if (far.status === "miss") return far.reason;
  if (await pour(call, far, part)) {
    told.hit(far);
    return undefined;
  }
  gateway.counts.miss("refused");
  return "refused";
}

/** @throws GrpcRefusal */
function partOf(digest: BlobDigest, offset: number, limit: number): Part {
  if (limit < 0) throw new GrpcRefusal(status.INVALID_ARGUMENT, "the limit is negative");
  if (offset < 0 || offset > digest.size) {
    throw new GrpcRefusal(status.OUT_OF_RANGE, "the blob has no such place");
  }
  const end = limit === 0 ? digest.size : Math.min(digest.size, offset + limit);
  return { digest, start: offset, end };
}

/**
 * At the pace at which the tool reads. False: the bytes failed before anything was sent.
 * @throws GrpcRefusal once something was: the tool sees an end that comes too early, and its
 *   digest does not hold; the last chunk is withheld until it does here
 */
async function pour(call: WriteStream, hit: Hit, { digest, start, end }: Part): Promise<boolean> {
  if (hit.size !== digest.size) return false;
  let at = 0;
  let isSent = false;
  try {
    for await (const chunk of hit.value.stream()) {
      const from = Math.max(0, start - at);
      const to = Math.min(chunk.length, end - at);
      at += chunk.length;
      for (let piece = from; piece < to; piece += GRPC_CHUNK_BYTES) {
        if (!isSent) call.sendMetadata(hitMetadata(hit));
        isSent = true;
        const upTo = Math.min(to, piece + GRPC_CHUNK_BYTES);
        if (!(await send(call, chunk.subarray(piece, upTo)))) return true;
      }
      if (at >= end && end < digest.size) break;
    }
  } catch {
    if (isSent) throw new GrpcRefusal(status.DATA_LOSS, "withheld");
    return false;
  }
  return true;
}

/** False: nobody reads any more. */
async function send(call: WriteStream, bytes: Uint8Array): Promise<boolean> {
  if (call.cancelled || call.destroyed) return false;
  const message = encodeReadResponse(bytes);
  if (call.write(Buffer.from(message.buffer, message.byteOffset, message.length))) return true;
  return new Promise((resolve) => {
    const settle = (goesOn: boolean): void => {
      call.off("drain", onDrain);
      call.off("cancelled", onEnd);
      call.off("close", onEnd);
      resolve(goesOn);
    };
    const onDrain = (): void => settle(true);
    const onEnd = (): void => settle(false);
    call.on("drain", onDrain);
    call.on("cancelled", onEnd);
    call.on("close", onEnd);
  });
}
