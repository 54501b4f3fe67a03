import { status } from "@grpc/grpc-js";
import type { BlobDigest } from "../../../../proof/digest/remote-execution/action-result.ts";
import { raw1 } from "../../../../proof/digest/raw/raw-1.ts";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import { FIND_MS_MAX, GRPC_BATCH_BYTES_MAX } from "../../limits.ts";
import { blobRoute, EMPTY_BLOB } from "../remote-execution-entries.ts";
import { GrpcRefusal, unary } from "./grpc-method.ts";
import type { Method } from "./grpc-method.ts";
import { getTree } from "./get-tree.ts";
import { codeOfPut, namespaceOf } from "./looks.ts";
import {
  decodeBatchUpdate,
  decodeDigests,
  encodeBatchRead,
  encodeBatchUpdated,
  encodeMissing,
} from "./messages.ts";
import type { BlobAnswer, BlobUpload } from "./messages.ts";
import { ToldCall } from "./told-call.ts";

const SERVICE = "/build.bazel.remote.execution.v2.ContentAddressableStorage";

/** Asked about at once; each may be a question to the cluster. */
const STEP = 64;

/** Bytes under their own SHA-256, several in one call. */
export function contentStore(access: Access): readonly Method[] {
  const reads = { access, otherwise: status.NOT_FOUND };
  const writes = { access, otherwise: status.INVALID_ARGUMENT };
  return [
    unary(`${SERVICE}/FindMissingBlobs`, reads, (gateway, request) =>
      findMissing(gateway, request),
    ),
    unary(`${SERVICE}/BatchUpdateBlobs`, writes, (gateway, request) =>
      batchUpdate(gateway, request),
    ),
    unary(`${SERVICE}/BatchReadBlobs`, reads, (gateway, request) => batchRead(gateway, request)),
    getTree(access),
  ];
}

/**
 * What cannot be had is missing, whatever the reason; so is what was not reached in time, for an
 * upload that was not needed costs less than a build that waits.
 */
async function findMissing(gateway: GatewayView, message: Uint8Array): Promise<Uint8Array> {
  const { instance, digests } = decodeDigests(message, 3);
  const namespace = namespaceOf(instance);
  const endMs = performance.now() + FIND_MS_MAX;
  const missing: BlobDigest[] = [];
  for (let at = 0; at < digests.length; at += STEP) {
    const step = digests.slice(at, at + STEP);
    const isLate = performance.now() >= endMs;
    const present = await Promise.all(
      step.map((blob) => isPresent(gateway, namespace, blob, isLate)),
    );
    for (const [index, blob] of step.entries()) if (!present[index]) missing.push(blob);
  }
  return encodeMissing(missing);
}

async function isPresent(
  gateway: GatewayView,
  namespace: string,
  { hash, size }: BlobDigest,
  isLate: boolean,
): Promise<boolean> {
  if (hash === EMPTY_BLOB) return size === 0;
  const route = blobRoute(namespace, hash);
  if (route === undefined) return false;
  const found = isLate ? gateway.existsLocally(route) : await gateway.exists(route);
  return found?.status === "hit" && found.size === size;
}

async function batchUpdate(gateway: GatewayView, message: Uint8Array): Promise<Uint8Array> {
  const { instance, blobs } = decodeBatchUpdate(message);
  const namespace = namespaceOf(instance);
  const answers: BlobAnswer[] = [];
  for (let at = 0; at < blobs.length; at += STEP) {
    const step = blobs.slice(at, at + STEP);
    answers.push(...(await Promise.all(step.map((blob) => update(gateway, namespace, blob)))));
  }
  return encodeBatchUpdated(answers);
}

async function update(
  gateway: GatewayView,
  namespace: string,
  { digest, bytes, isCompressed }: BlobUpload,
): Promise<BlobAnswer> {
  const refused = (message: string): BlobAnswer => {
    return { digest, code: status.INVALID_ARGUMENT, message };
  };
  if (isCompressed) return refused("no compression was offered");
  if (bytes.length !== digest.size) return refused("malformed");
  if (digest.hash === EMPTY_BLOB) return { digest, code: status.OK, message: "" };
  const route = blobRoute(namespace, digest.hash);
  if (route === undefined) return refused("the instance's name can be no namespace");
  // A part of the message, which would stay in memory as long as this blob does.
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield new Uint8Array(bytes);
  };
  const told = new ToldCall(gateway, "BatchUpdateBlobs", route);
  const outcome = await gateway.putBody(route, { kindOf: () => raw1, bytes: source() });
  told.write(outcome, bytes.length);
  const code = codeOfPut(outcome);
  return { digest, code, message: code === status.OK ? "" : outcome };
}

async function batchRead(gateway: GatewayView, message: Uint8Array): Promise<Uint8Array> {
  const { instance, digests } = decodeDigests(message, 4);
  const namespace = namespaceOf(instance);
  const total = digests.reduce((sum, { size }) => sum + size, 0);
  if (total > GRPC_BATCH_BYTES_MAX) {
    throw new GrpcRefusal(status.INVALID_ARGUMENT, "more bytes than one batch may have");
  }
  const answers: BlobAnswer[] = [];
  for (let at = 0; at < digests.length; at += STEP) {
    const step = digests.slice(at, at + STEP);
    answers.push(...(await Promise.all(step.map((blob) => read(gateway, namespace, blob)))));
  }
  return encodeBatchRead(answers);
}

async function read(
  gateway: GatewayView,
  namespace: string,
  digest: BlobDigest,
): Promise<BlobAnswer> {
  const { hash, size } = digest;
  const absent: BlobAnswer = { digest, code: status.NOT_FOUND, message: "miss" };
  if (hash === EMPTY_BLOB) return size === 0 ? { digest, code: status.OK, message: "" } : absent;
  const route = blobRoute(namespace, hash);
  if (route === undefined) return absent;
  const told = new ToldCall(gateway, "BatchReadBlobs", route);
  const found = await gateway.whole(route, GRPC_BATCH_BYTES_MAX);
  if (found.status === "miss") {
    told.miss(found.reason, found.detail);
    return absent;
  }
  told.hit(found.hit);
  const { bytes } = found;
  return bytes.length === size ? { digest, bytes, code: status.OK, message: "" } : absent;
}
