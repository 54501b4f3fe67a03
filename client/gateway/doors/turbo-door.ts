import type { IncomingMessage, ServerResponse } from "node:http";
import {
  TURBO_ENVELOPE_BYTES,
  readTurboEnvelope,
  turboArtifact1,
  writeTurboEnvelope,
} from "../../../proof/digest/turbo/turbo-artifact.ts";
import { answerEmpty, answerJson } from "../answer.ts";
import { UnfitBody } from "../entry-form.ts";
import type { EntryForm, TakenBody } from "../entry-form.ts";
import type { GatewayView } from "../access/gateway-view.ts";
import { DEFAULT_NAMESPACE, doorRoute } from "../route.ts";
import type { DoorRoute } from "../route.ts";
import { PUT_ONLY } from "./door.ts";
import type { Door } from "./door.ts";
import { pathOf } from "./door-table.ts";
import { readJson } from "./read-json.ts";

const PREFIX = "/v8/artifacts";
const STATUS = `${PREFIX}/status`;
const EVENTS = `${PREFIX}/events`;
const ARTIFACT = /^\/v8\/artifacts\/([0-9a-f]{16})$/;
/** Hashes of one batch; turbo asks for those of one run. */
const BATCH_COUNT_MAX = 4096;
/** Asked about at once, so that a batch takes no other tool's turn. */
const BATCH_STEP = 64;
const PREFLIGHT_HEADERS = [
  ...["Authorization", "Content-Type", "User-Agent", "x-artifact-duration", "x-artifact-tag"],
  ...["x-artifact-sha", "x-artifact-dirty-hash"],
].join(", ");

const FORM: EntryForm = {
  kinds: new Set([turboArtifact1.id]),
  contentType: "application/octet-stream",
  envelopeBytes: TURBO_ENVELOPE_BYTES,
  headersOf(envelope) {
    const tag = readTurboEnvelope(envelope) ?? "";
    return tag === "" ? [] : ["x-artifact-tag", tag];
  },
  take: (request): TakenBody => ({ kindOf: () => turboArtifact1, bytes: enveloped(request) }),
};

/** @throws UnfitBody */
async function* enveloped(request: IncomingMessage): AsyncGenerator<Uint8Array, void, undefined> {
  const tag = request.headers["x-artifact-tag"];
  const envelope = writeTurboEnvelope(typeof tag === "string" ? tag : "");
  if (envelope !== undefined) yield envelope;
  for await (const chunk of request) if (envelope !== undefined) yield chunk as Uint8Array;
  if (envelope === undefined) throw new UnfitBody("the tag is none");
}

/**
 * Vercel's remote cache protocol, for `turbo`. The query's team is the namespace. What the tool
 * sends beside the archive and its tag (duration, commit) differs between honest builders; nobody
 * votes for it, so it is not handed on.
 *
 * turbo retries what it takes for trouble and warns about the rest; nothing of it fails a build. So
 * a refusal may say what it is, and only a miss must be 404.
 */
export function turboDoor(): Door {
  return {
    id: "turbo",
    tools: [
      {
        tool: "Turborepo",
        where: "environment",
        lines: (url, namespace) => [
          `export TURBO_API=${url} TURBO_TEAM=${namespace} TURBO_TOKEN=any`,
        ],
      },
    ],
    resolve(url) {
      const found = ARTIFACT.exec(pathOf(url));
      return found === null ? undefined : (artifactRoute(url, found[1] as string) ?? "unnamed");
    },
    writes: PUT_ONLY,
    aside: handleAside,
    looks: {
      hit: 200,
      miss: 404,
      denied: 403,
      unnamed: 400,
      put: {
        stored: 202,
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

function artifactRoute(url: string, hash: string): DoorRoute | undefined {
  const namespace = namespaceOf(url);
  return namespace === undefined ? undefined : doorRoute(namespace, `turbo/${hash}`, FORM);
}

/** `slug=` or `teamId=`; turbo wants the latter to begin with `team_`. */
function namespaceOf(url: string): string | undefined {
  const query = url.indexOf("?");
  if (query < 0) return DEFAULT_NAMESPACE;
  const values = new URLSearchParams(url.slice(query + 1));
  const team = values.get("slug") ?? values.get("teamId");
  return team === null ? DEFAULT_NAMESPACE : team.replaceAll("_", "-");
}

function handleAside(
  request: IncomingMessage,
  response: ServerResponse,
  gateway: GatewayView,
): boolean {
  const url = request.url as string;
  if (!url.startsWith(PREFIX)) return false;
  const path = pathOf(url);
  const { method } = request;
  if (method === "OPTIONS") {
    answerEmpty(response, 200, ["Access-Control-Allow-Headers", PREFLIGHT_HEADERS]);
  } else if (method === "GET" && path === STATUS) {
    answerJson(response, 200, { status: "enabled" });
  } else if (method === "POST" && path === EVENTS) {
    void readJson(request).then(() => answerEmpty(response, 200));
  } else if (method === "POST" && path === PREFIX) {
    void answerBatch(url, request, response, gateway);
  } else return false;
  return true;
}

/** Which of these are there. */
async function answerBatch(
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
  gateway: GatewayView,
): Promise<void> {
  const asked = await readJson(request);
  const hashes = hashesOf(asked);
  const answer: Record<string, unknown> = {};
  for (let at = 0; at < hashes.length; at += BATCH_STEP) {
    const step = hashes.slice(at, at + BATCH_STEP).map(async (hash) => {
      const route = artifactRoute(url, hash);
      const found = route && (await gateway.exists(route).catch(() => undefined));
      const isHit = found?.status === "hit";
      const size = isHit ? found.size - TURBO_ENVELOPE_BYTES : 0;
      answer[hash] = isHit ? { size, taskDurationMs: 0 } : null;
    });
    await Promise.all(step);
  }
  answerJson(response, 200, answer);
}

function hashesOf(asked: unknown): readonly string[] {
  const list = (asked as { readonly hashes?: unknown } | undefined)?.hashes;
  if (!Array.isArray(list)) return [];
  return list
    .slice(0, BATCH_COUNT_MAX)
    .filter((hash) => typeof hash === "string" && /^[0-9a-f]{16}$/.test(hash)) as string[];
}
