import type { ServerResponse } from "node:http";
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

/** Bytes at hand: head and body go out in one piece. */
export function answerBytes(
  response: ServerResponse,
  status: number,
  hit: Hit,
  bytes: Uint8Array,
): void {
  response.writeHead(status, hitHeaders(hit));
  response.end(bytes);
}

/**
 * Bytes that come in pieces, at the pace at which the tool reads. False: they failed before
 * anything was sent, and the request can still be answered otherwise. Later, a tool sees a body
 * that ends too early, never a wrong one: the last chunk is withheld.
 */
export async function answerStream(
  response: ServerResponse,
  status: number,
  hit: Hit,
  counts: Counts,
): Promise<boolean> {
  const chunks = hit.value.stream()[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array>;
  try {
    first = await chunks.next();
  } catch {
    return false;
  }
  response.writeHead(status, hitHeaders(hit));
  if (first.done === true || first.value.length === hit.size) {
    response.end(first.value);
    await chunks.return?.(undefined);
    return true;
  }
  await pour(response, chunks, first.value).catch(() => {
    counts.cutOff("withheld");
    response.destroy();
  });
  return true;
}

function hitHeaders(hit: Hit): string[] {
  return [
    "Content-Type",
    "application/octet-stream",
    "Content-Length",
    String(hit.size),
    "X-Quorate-Certainty",
    hit.certainty,
    "X-Quorate-Level",
    hit.level,
  ];
}

async function pour(
  response: ServerResponse,
  chunks: AsyncIterator<Uint8Array>,
  first: Uint8Array,
): Promise<void> {
  const left = new Promise((resolve) => response.once("close", resolve));
  let next: IteratorResult<Uint8Array> = { done: false, value: first };
  try {
    while (next.done !== true && !response.destroyed) {
      if (!response.write(next.value)) {
        await Promise.race([new Promise((resolve) => response.once("drain", resolve)), left]);
      }
      next = await chunks.next();
    }
  } finally {
    if (response.destroyed) await chunks.return?.(undefined);
  }
  if (!response.destroyed) response.end();
}
