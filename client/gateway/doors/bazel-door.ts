import type { IncomingMessage, ServerResponse } from "node:http";
import { encodeActionResult } from "../../../proof/digest/remote-execution/action-result.ts";
import {
  ACTION_RESULT_BYTES_MAX,
  actionResult1,
  readActionResult,
} from "../../../proof/digest/remote-execution/action-result-kind.ts";
import type { ArtifactKind } from "../../../proof/digest/artifact-kind.ts";
import { kindOfBody } from "../../../proof/digest/registry.ts";
import { answerEmpty, answerJson } from "../answer.ts";
import { UnfitBody } from "../entry-form.ts";
import type { EntryForm, GivenBody, Reader, TakenBody } from "../entry-form.ts";
import { DEFAULT_NAMESPACE, doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import { actionResultOfJson, jsonOfActionResult } from "./action-result-json.ts";
import { isComplete } from "./completeness.ts";
import { PUT_ONLY } from "./door.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";
import { blobRoute, blobsOf, EMPTY_BLOB, resultName } from "./remote-execution-entries.ts";

const PATH = /^\/(?:([^/]+)\/)?(ac|cas)\/([0-9a-f]{64})$/;
const JSON_TYPE = "application/json";

/** ccache's layout for Bazel's servers lies below `ac/` as well. */
const RESULT_FORM: EntryForm = {
  kinds: new Set([actionResult1.id, "ccache-result/1", "ccache-manifest/1"]),
  contentType: "application/octet-stream",
  envelopeBytes: 0,
  take: takeResult,
  give: giveResult,
};

/**
 * Bazel's HTTP protocol, also moon's, with an instance's name as the namespace. A blob is taken in
 * and handed out only under its own digest; an action result only when it can be read and all that
 * it names can be had: a build ends on a result whose outputs are gone.
 */
export function bazelDoor(): Door {
  return {
    id: "bazel",
    tools: [
      {
        tool: "Bazel",
        where: ".bazelrc",
        lines: (url, namespace) => [`build --remote_cache=${url}/${namespace}`],
      },
      {
        tool: "moon",
        where: ".moon/workspace.yml",
        lines: (url, namespace) => [
          "remote:",
          "  api: 'http'",
          `  host: '${url}'`,
          "  cache:",
          `    instanceName: '${namespace}'`,
        ],
      },
    ],
    resolve(url) {
      const found = PATH.exec(pathOf(url));
      if (found === null) return undefined;
      const [, namespace = DEFAULT_NAMESPACE, space, hash = ""] = found;
      if (space === "cas" && hash === EMPTY_BLOB) return "unnamed";
      const route = space === "ac" ? resultRoute(namespace, hash) : blobRoute(namespace, hash);
      return route ?? "unnamed";
    },
    writes: PUT_ONLY,
    aside: handleAside,
    looks: {
      hit: 200,
      miss: 404,
      denied: 403,
      unnamed: 400,
      put: {
        stored: 200,
        unchanged: 200,
        unpublished: 200,
        conflict: 200,
        failed: 200,
        malformed: 400,
        "read-only": 403,
        denied: 403,
        "over-size": 413,
        "cut-off": 400,
      },
      delete: { withdrawn: 204, absent: 404, failed: 404, "read-only": 403, denied: 403 },
      methodUnknown: 405,
    },
  };
}

function resultRoute(namespace: string, hash: string): DoorRoute | undefined {
  return doorRoute(namespace, resultName(hash), RESULT_FORM);
}

/** The empty blob is everywhere; moon asks for the status first. */
function handleAside(request: IncomingMessage, response: ServerResponse): boolean {
  const path = pathOf(request.url as string);
  const { method } = request;
  if (path === "/status" && method === "GET") {
    answerJson(response, 200, { status: "ok" });
    return true;
  }
  if (PATH.exec(path)?.[3] !== EMPTY_BLOB || !path.endsWith(`cas/${EMPTY_BLOB}`)) return false;
  if (method !== "GET" && method !== "HEAD" && method !== "PUT") return false;
  let isEmpty = true;
  request.on("data", () => (isEmpty = false));
  request.on("end", () => answerEmpty(response, isEmpty ? 200 : 400));
  return true;
}

function isCcacheBody(head: Uint8Array): boolean {
  return head[0] === 0xcc && head[1] === 0xac;
}

function takeResult(request: IncomingMessage): TakenBody {
  const kindOf = (head: Uint8Array): ArtifactKind =>
    isCcacheBody(head) ? kindOfBody(head) : actionResult1;
  return { kindOf, bytes: resultBytes(request) };
}

/**
 * ccache's bodies as they come; action results in canonical form, out of protobuf or JSON.
 * @throws UnfitBody
 */
async function* resultBytes(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let isCcache: boolean | undefined;
  for await (const chunk of request) {
    // Beyond the bound it is read to its end, and not kept.
    chunks.push(chunk as Uint8Array);
    size += (chunk as Uint8Array).length;
    if (isCcache === undefined && size >= 2) {
      isCcache = isCcacheBody(Buffer.concat(chunks));
    }
    if (isCcache === true) yield* chunks.splice(0);
    else if (size > ACTION_RESULT_BYTES_MAX) chunks.length = 0;
  }
  if (isCcache === true) return;
  if (size > ACTION_RESULT_BYTES_MAX) throw new UnfitBody("the action result is too large");
  const body = Buffer.concat(chunks);
  const isJson = request.headers["content-type"]?.startsWith(JSON_TYPE) === true;
  const result = isJson ? actionResultOfJson(body.toString()) : readActionResult(body);
  if (result === undefined) throw new UnfitBody("it is no action result");
  yield encodeActionResult(result);
}

async function giveResult(stored: Uint8Array, reader: Reader): Promise<GivenBody | undefined> {
  const contentType = "application/octet-stream";
  if (isCcacheBody(stored)) return { bytes: stored, contentType };
  const result = readActionResult(stored);
  if (result === undefined) return undefined;
  if (!(await isComplete(result, blobsOf(reader.route.namespace, reader)))) return undefined;
  if (reader.request.headers.accept?.includes(JSON_TYPE) !== true) {
    return { bytes: stored, contentType };
  }
  return { bytes: Buffer.from(jsonOfActionResult(result)), contentType: JSON_TYPE };
}
