import type { ServerResponse } from "node:http";
import { finished } from "node:stream";
import type { Counts } from "./counts.ts";
import type { Hit } from "./outcome.ts";

/** Head and body in one write: no other answer costs a second packet. */
export function answerText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: readonly string[] = [],
): void {
  const body = Buffer.from(text);
  response.writeHead(status, [
    ...headers,
    "Content-Type",
    "text/plain; charset=utf-8",
    "Content-Length",
    String(body.length),
  ]);
  response.end(body);
}

export function answerEmpty(
  response: ServerResponse,
  status: number,
  headers: readonly string[] = [],
): void {
  response.writeHead(status, status === 204 ? [...headers] : [...headers, "Content-Length", "0"]);
  response.end();
}

export function answerJson(response: ServerResponse, status: number, value: unknown): void {
  const body = Buffer.from(`${JSON.stringify(value)}\n`);
  response.writeHead(status, [
    "Content-Type",
    "application/json",
    "Content-Length",
    String(body.length),
  ]);
  response.end(body);
}

/** Bytes at hand go out in one piece; others stream at the pace at which the tool reads. */
export function answerHit(
  response: ServerResponse,
  status: number,
  hit: Hit,
  counts: Counts,
): void {
  response.writeHead(status, [
    "Content-Type",
    "application/octet-stream",
    "Content-Length",
    String(hit.size),
    "X-Quorate-Certainty",
    hit.certainty,
    "X-Quorate-Level",
    hit.level,
  ]);
  if (hit.value.bytes !== undefined) {
    response.end(hit.value.bytes);
    return;
  }
  void streamBody(response, hit).catch(() => {
    // The last chunk was withheld: a tool sees a body that ends too early, never a wrong one.
    counts.cutOff("withheld");
    response.destroy();
  });
}

async function streamBody(response: ServerResponse, hit: Hit): Promise<void> {
  const chunks = hit.value.stream()[Symbol.asyncIterator]();
  let gone = false;
  const leave = new Promise<void>((resolve) => {
    finished(response, () => {
      gone = true;
      resolve();
    });
  });
  try {
    for (;;) {
      const next = await chunks.next();
      if (next.done === true || gone) break;
      if (!response.write(next.value)) {
        await Promise.race([new Promise((resolve) => response.once("drain", resolve)), leave]);
      }
    }
  } finally {
    if (gone) await chunks.return?.(undefined);
  }
  if (!gone) response.end();
}
