import type { ServerResponse } from "node:http";
import type { Counts } from "./counts.ts";
import type { EntryForm, GivenBody } from "./entry-form.ts";
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

/** Bytes at hand: head and body go out in one piece, and uncopied. */
export function answerBytes(
  response: ServerResponse,
  status: number,
  { hit, form }: Answer,
  bytes: Uint8Array,
): void {
  const { envelopeBytes } = form;
  if (envelopeBytes === 0) {
    response.writeHead(status, hitHeaders({ hit, form }));
    response.end(bytes);
    return;
  }
  response.writeHead(status, hitHeaders({ hit, form }, bytes.subarray(0, envelopeBytes)));
  response.end(bytes.subarray(envelopeBytes));
}

/**
 * Bytes that come in pieces, at the pace at which the tool reads. False: they failed before
 * anything was sent, and the request can still be answered otherwise. Later, a tool sees a body
 * that ends too early, never a wrong one: the last chunk is withheld.
 */
export async function answerStream(
  response: ServerResponse,
  status: number,
  { hit, form }: Answer,
  counts: Counts,
): Promise<boolean> {
  const chunks = hit.value.stream()[Symbol.asyncIterator]();
  let first: Uint8Array;
  try {
    first = await firstBytes(chunks, form.envelopeBytes);
  } catch {
    return false;
  }
  const body = first.subarray(form.envelopeBytes);
  response.writeHead(status, hitHeaders({ hit, form }, first.subarray(0, form.envelopeBytes)));
  if (first.length === hit.size) {
    response.end(body);
    await chunks.return?.(undefined);
    return true;
  }
  await pour(response, chunks, body).catch(() => {
    counts.cutOff("withheld");
    response.destroy();
  });
  return true;
}

/** At least the envelope and one chunk. */
async function firstBytes(
  chunks: AsyncIterator<Uint8Array>,
  envelopeBytes: number,
): Promise<Uint8Array> {
  const next = await chunks.next();
  let first = next.done === true ? new Uint8Array(0) : next.value;
  while (first.length < envelopeBytes) {
    const more = await chunks.next();
    if (more.done === true) throw new Error("the value ends inside its envelope");
    first = Buffer.concat([first, more.value]);
  }
  return first;
}

/** Whose bytes are answered, and how its door wants them to look. */
interface Answer {
  readonly hit: Hit;
  readonly form: EntryForm;
}

function hitHeaders({ hit, form }: Answer, envelope?: Uint8Array): string[] {
  const headers = [
    "Content-Type",
    form.contentType,
    "Content-Length",
    String(hit.size - form.envelopeBytes),
    "X-Quorate-Certainty",
    hit.certainty,
    "X-Quorate-Level",
    hit.level,
  ];
  if (envelope !== undefined && form.headersOf !== undefined) {
    headers.push(...form.headersOf(envelope));
  }
  return headers;
}

/** A whole body that its door made of the stored one. */
export function answerGiven(
  response: ServerResponse,
  status: number,
  hit: Hit,
  body: GivenBody,
): void {
  response.writeHead(status, [
    "Content-Type",
    body.contentType,
    "Content-Length",
    String(body.bytes.length),
    "X-Quorate-Certainty",
    hit.certainty,
    "X-Quorate-Level",
    hit.level,
  ]);
  response.end(body.bytes);
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
