import { status } from "@grpc/grpc-js";
import { encodeActionResult } from "../../../../proof/digest/remote-execution/action-result.ts";
import type {
  ActionResult,
  BlobDigest,
} from "../../../../proof/digest/remote-execution/action-result.ts";
import {
  actionResult1,
  readActionResult,
} from "../../../../proof/digest/remote-execution/action-result-kind.ts";
import type { Access } from "../../access/access.ts";
import type { GatewayView } from "../../access/gateway-view.ts";
import { GIVEN_BODY_BYTES_MAX } from "../../limits.ts";
import { isComplete } from "../completeness.ts";
import type { BlobLookup } from "../completeness.ts";
import { blobsOf, resultRoute } from "../remote-execution-entries.ts";
import { missing, unary } from "./grpc-method.ts";
import type { Method, UnaryCall } from "./grpc-method.ts";
import { decodeGetActionResult, decodeUpdateActionResult } from "./messages.ts";
import type { GetActionResultRequest } from "./messages.ts";
import { hitMetadata, namespaceOf, putMetadata, refusalOfPut } from "./looks.ts";
import { ToldCall } from "./told-call.ts";

const SERVICE = "/build.bazel.remote.execution.v2.ActionCache";

/** What a result carries in it because the client asked: a build's messages, and small files. */
const INLINE_BYTES_MAX = 1024 * 1024;

/** Results of actions, in canonical form, each only when all that it names can be had. */
export function actionCache(access: Access): readonly Method[] {
  return [
    unary(
      `${SERVICE}/GetActionResult`,
      { access, otherwise: status.NOT_FOUND },
      (gateway, request, call) => getResult(gateway, decodeGetActionResult(request), call),
    ),
    unary(
      `${SERVICE}/UpdateActionResult`,
      { access, otherwise: status.INVALID_ARGUMENT },
      (gateway, request, call) => updateResult(gateway, request, call),
    ),
  ];
}

async function getResult(
  gateway: GatewayView,
  request: GetActionResultRequest,
  call: UnaryCall,
): Promise<Uint8Array> {
  const namespace = namespaceOf(request.instance);
  const route = resultRoute(namespace, request.action.hash);
  if (route === undefined) throw missing("absent");
  const told = new ToldCall(gateway, "GetActionResult", route);
  const found = await gateway.whole(route, GIVEN_BODY_BYTES_MAX);
  if (found.status === "miss") {
    told.miss(found.reason, found.detail);
    throw missing(found.reason);
  }
  const result = readActionResult(found.bytes);
  const blobs = blobsOf(namespace, {
    async sizeOf(other) {
      const exists = await gateway.exists(other);
      return exists.status === "hit" ? exists.size : undefined;
    },
    bytesOf: (other) => gateway.wholeBytes(other),
  });
  if (result === undefined || !(await isComplete(result, blobs))) {
    gateway.counts.miss("incomplete");
    told.miss("incomplete");
    throw missing("incomplete");
  }
  const inlined = await inlineOutputs(result, request, blobs);
  told.hit(found.hit);
  call.sendMetadata(hitMetadata(found.hit));
  return inlined === result ? found.bytes : encodeActionResult(inlined);
}

/** As far as asked for and small; the same object when there is nothing to add. */
async function inlineOutputs(
  result: ActionResult,
  asked: GetActionResultRequest,
  blobs: BlobLookup,
): Promise<ActionResult> {
  let inlined = result;
  let room = INLINE_BYTES_MAX;
  const fetch = async (digest: BlobDigest | undefined): Promise<Uint8Array | undefined> => {
    if (digest === undefined || digest.size === 0 || digest.size > room) return undefined;
    const bytes = await blobs.bytesOf(digest);
    room -= bytes?.length ?? 0;
    return bytes;
  };
  const isWanted = (wanted: boolean, at: Uint8Array): boolean => wanted && at.length === 0;
  if (isWanted(asked.inlineStdout, result.stdout)) {
    const stdout = await fetch(result.stdoutDigest);
    if (stdout !== undefined) inlined = { ...inlined, stdout };
  }
  if (isWanted(asked.inlineStderr, result.stderr)) {
    const stderr = await fetch(result.stderrDigest);
    if (stderr !== undefined) inlined = { ...inlined, stderr };
  }
  for (const [index, file] of result.files.entries()) {
    if (!isWanted(asked.inlineFiles.has(file.path), file.contents)) continue;
    const contents = await fetch(file.digest);
    if (contents !== undefined) {
      inlined = { ...inlined, files: inlined.files.with(index, { ...file, contents }) };
    }
  }
  return inlined;
}

async function updateResult(
  gateway: GatewayView,
  message: Uint8Array,
  call: UnaryCall,
): Promise<Uint8Array> {
  const { instance, action, result: given } = decodeUpdateActionResult(message);
  const route = resultRoute(namespaceOf(instance), action.hash);
  // A result that says nothing would pass for a build whose outputs were made.
  const result = readActionResult(given);
  if (route === undefined || result === undefined) {
    const outcome = (route && gateway.refusesWrite(route)) ?? "malformed";
    gateway.counts.put(outcome);
    throw refusalOfPut(outcome);
  }
  const told = new ToldCall(gateway, "UpdateActionResult", route);
  const bytes = encodeActionResult(result);
  const source = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    yield bytes;
  };
  const outcome = await gateway.putBody(route, { kindOf: () => actionResult1, bytes: source() });
  told.write(outcome, bytes.length);
  const refusal = refusalOfPut(outcome);
  if (refusal !== undefined) throw refusal;
  call.sendMetadata(putMetadata(outcome));
  return bytes;
}
