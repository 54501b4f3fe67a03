import type { ServerResponse } from "node:http";
import type { EvidenceFolder } from "../evidence-folder.ts";
import { onlyGet } from "./health-routes.ts";
import { answerText, pathOf } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";

/**
 * `/evidence` lists what this replica holds against others, `/evidence/{name}` gives one file of
 * it. Anybody may ask: each piece proves itself, and the sooner others have it the better.
 */
export function evidenceRoutes(
  evidence: Pick<EvidenceFolder, "pieces" | "read">,
): ReadonlyMap<string, RequestHandler> {
  const list = onlyGet((_request, response) => answerList(response, evidence));
  const one = onlyGet((request, response) => {
    const name = pathOf(request).slice("/evidence/".length);
    answerPiece(response, evidence.read(name));
  });
  return new Map([
    ["/evidence", list],
    ["/evidence/", one],
  ]);
}

function answerList(response: ServerResponse, evidence: Pick<EvidenceFolder, "pieces">): void {
  const text = `${JSON.stringify({ evidence: evidence.pieces })}\n`;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

function answerPiece(response: ServerResponse, bytes: Uint8Array | undefined): void {
  if (bytes === undefined) {
    answerText(response, 404, "no such evidence\n");
    return;
  }
  response.writeHead(200, {
    "content-type": "application/octet-stream",
    "content-length": bytes.length,
  });
  response.end(bytes);
}
