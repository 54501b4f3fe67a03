import type { IncomingMessage, ServerResponse } from "node:http";
import type { Registry } from "prom-client";
import type { ReplicaStatus } from "../status.ts";
import { answerText } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";

/**
 * `/healthz`: the process turns. `/readyz`: it also serves (not amnesiac or halted, caught up,
 * connected to a quorum); when not, the body says why. `/metrics`: for Prometheus.
 */
export function healthRoutes(
  status: () => ReplicaStatus,
  metrics: Registry,
): ReadonlyMap<string, RequestHandler> {
  return new Map<string, RequestHandler>([
    ["/healthz", onlyGet((_request, response) => answerText(response, 200, "ok\n"))],
    ["/readyz", onlyGet((_request, response) => answerReady(response, status()))],
    ["/metrics", onlyGet((_request, response) => void answerMetrics(response, metrics))],
  ]);
}

/** 405 for what would change something. */
export function onlyGet(handler: RequestHandler): RequestHandler {
  return (request: IncomingMessage, response: ServerResponse) => {
    if (request.method === "GET" || request.method === "HEAD") handler(request, response);
    else answerText(response, 405, "only GET\n");
  };
}

function answerReady(response: ServerResponse, status: ReplicaStatus): void {
  if (status.ready) answerText(response, 200, "ready\n");
  else answerText(response, 503, `${status.notReady.join("\n")}\n`);
}

async function answerMetrics(response: ServerResponse, metrics: Registry): Promise<void> {
  const text = await metrics.metrics();
  response.writeHead(200, {
    "content-type": metrics.contentType,
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}
