import type { IncomingMessage, ServerResponse } from "node:http";
import { toHex } from "../../../base/bytes.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import { PAGE_COUNT_MAX } from "../../../consensus/limits.ts";
import { isNamespace } from "../../../consensus/namespace.ts";
import type { Client } from "../../types.ts";
import type { Rights } from "../access/access.ts";
import { answerJson } from "../answer.ts";
import type { Gateway } from "../gateway.ts";
import { routeOf } from "../route.ts";
import { entryJson } from "./entry-json.ts";
import { explain } from "./explain.ts";
import { statsJson } from "./stats-json.ts";

/**
 * The query API: for programs and people, so unlike a door it says plainly what went wrong. The
 * shapes are the library's; docs/openapi.json describes them.
 */
export const API_PREFIX = "/api/v1/";

const ENTRIES = "/api/v1/entries/";
const EXPLAIN = "/api/v1/explain/";
const CALL_DEADLINE_MS = 5_000;

export function handleApi(
  gateway: Gateway,
  rights: Rights | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.method !== "GET") {
    answerJson(response, 405, problem("METHOD_UNKNOWN", "only GET is served here", "use GET"));
    return;
  }
  const url = request.url as string;
  const queryAt = url.indexOf("?");
  const path = queryAt < 0 ? url : url.slice(0, queryAt);
  const query = new URLSearchParams(queryAt < 0 ? "" : url.slice(queryAt + 1));
  answer({ gateway, rights }, path, query, response).catch((error: unknown) => {
    if (!response.headersSent) answerTrouble(response, error);
    else response.destroy();
  });
}

async function answer(
  { gateway, rights }: { readonly gateway: Gateway; readonly rights: Rights | undefined },
  path: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  if (path === "/api/v1/status" && rights?.isKnown === false) return answerDenied(response);
  if (path === "/api/v1/status") return answerJson(response, 200, statusJson(gateway));
  if (path === "/api/v1/stats" && rights?.isKnown === false) return answerDenied(response);
  if (path === "/api/v1/stats") return answerJson(response, 200, statsJson(gateway));
  const start = [ENTRIES, EXPLAIN].find((prefix) => path.startsWith(prefix));
  const [namespace, name] = start === undefined ? [] : split(path.slice(start.length));
  if (namespace === undefined || !isNamespace(namespace)) {
    return answerJson(
      response,
      404,
      problem("NO_SUCH_PATH", "the API has no such path", "see docs/openapi.json"),
    );
  }
  const asked = { namespace, name: name ?? query.get("prefix") ?? "" };
  if (rights?.refusesRead(asked) !== undefined) return answerDenied(response);
  if (start === EXPLAIN) return answerExplanation(gateway, namespace, name, response);
  const client = gateway.client;
  if (client === undefined) {
    return answerJson(
      response,
      503,
      problem("CLUSTER_UNREACHABLE", gateway.trouble ?? "no cluster", "see /api/v1/status"),
    );
  }
  if (name === undefined) return answerList(client, namespace, query, response);
  return answerEntry(client, namespace, name, response);
}

async function answerExplanation(
  gateway: Gateway,
  namespace: string,
  name: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const route = name === undefined ? undefined : routeOf(namespace, name);
  if (route === undefined) return answerNoKey(response);
  answerJson(response, 200, await explain(gateway, route));
}

function answerNoKey(response: ServerResponse): void {
  const hint = "a key is 1 to 512 bytes of UTF-8";
  answerJson(response, 400, problem("READ_INVALID", "the key is no key", hint));
}

async function answerEntry(
  client: Client,
  namespace: string,
  name: string,
  response: ServerResponse,
): Promise<void> {
  if (routeOf(namespace, name) === undefined) return answerNoKey(response);
  const result = await client.stat(namespace, name, { deadlineMs: CALL_DEADLINE_MS });
  const receipt = Buffer.from(result.receipt()).toString("base64");
  const { sequence, freshness } = result;
  if (result.status === "miss") {
    const row = result.row === undefined ? null : entryJson(result.row, freshness);
    const absence = { present: false, namespace, key: name, sequence, row, receipt };
    return answerJson(response, 404, absence);
  }
  answerJson(response, 200, {
    present: true,
    namespace,
    key: name,
    sequence,
    entry: entryJson(result.entry, freshness),
    receipt,
    value: `/cache/${namespace}/${encodePath(name)}`,
  });
}

async function answerList(
  client: Client,
  namespace: string,
  query: URLSearchParams,
  response: ServerResponse,
): Promise<void> {
  const limit = Number(query.get("limit") ?? PAGE_COUNT_MAX);
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_COUNT_MAX) {
    const hint = `limit is a whole number from 1 to ${PAGE_COUNT_MAX}`;
    return answerJson(response, 400, problem("READ_INVALID", "the limit is out of range", hint));
  }
  const page = await client.list(namespace, {
    prefix: query.get("prefix") ?? "",
    after: query.get("after") ?? "",
    limit,
    deadlineMs: CALL_DEADLINE_MS,
  });
  answerJson(response, 200, {
    namespace,
    sequence: page.sequence,
    entries: page.entries.map((row) => entryJson(row, undefined)),
    next: page.next ?? null,
  });
}

/** What this gateway knows; nothing in it is proven. */
function statusJson(gateway: Gateway): object {
  const status = gateway.client?.status();
  return {
    mode: gateway.settings.local ? "local" : gateway.settings.readOnly ? "read-only" : "writer",
    cluster: status === undefined ? null : { name: status.name, id: toHex(status.clusterId) },
    reachable: gateway.isReachable(),
    trouble: gateway.trouble ?? null,
    sequence: status?.sequence ?? null,
    stateRoot: status?.stateRoot === undefined ? null : toHex(status.stateRoot),
    freshMs: status?.freshMs === undefined ? null : Math.round(status.freshMs),
    journal: { depth: gateway.journal.depth, bytes: gateway.journal.bytes },
    replicas: (status?.replicas ?? []).map((replica) => ({
      index: replica.index,
      address: replica.address,
      connected: replica.connected,
      latencyMs: Math.round(replica.latencyMs * 100) / 100,
      stalls: replica.stalls,
      busy: replica.busy,
      refused: Object.fromEntries(replica.lies),
    })),
  };
}

/** The same whether or not there is anything. */
function answerDenied(response: ServerResponse): void {
  const hint = "send a token that may read this namespace: Authorization: Bearer …";
  answerJson(response, 403, problem("NOT_GRANTED", "this is not for this token", hint));
}

function answerTrouble(response: ServerResponse, error: unknown): void {
  if (error instanceof QuorateError) {
    const status = error.code === "READ_INVALID" ? 400 : 503;
    answerJson(response, status, problem(error.code, error.message, error.hint));
  } else {
    answerJson(response, 500, problem("INTERNAL", "the gateway failed", "look into its log"));
  }
}

function problem(code: string, message: string, hint: string): object {
  return { error: { code, message, hint } };
}

/** Namespace and key; the key keeps its slashes. */
function split(rest: string): [string | undefined, string | undefined] {
  const slash = rest.indexOf("/");
  if (slash < 0) return [rest, undefined];
  const name = rest.slice(slash + 1);
  if (name === "") return [rest.slice(0, slash), undefined];
  try {
    return [rest.slice(0, slash), decodeURIComponent(name)];
  } catch {
    return [undefined, undefined];
  }
}

function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
