import { RECORD_BYTES_MAX } from "../limits.ts";
import { PEER_MS_MAX } from "./limits.ts";
import { decodeProofMessage, encodeQuery } from "./peer-message.ts";
import type { PeerQuery } from "./peer-message.ts";

/** Where gateways take questions and announcements. */
export const QUERY_PATH = "/peer/query";
export const ANNOUNCE_PATH = "/peer/announce";

/**
 * One QUERY to one peer (`host:port`). Answers the record's bytes, unjudged; undefined: it has none.
 * @throws when it cannot be asked, stalls, or answers what is no PROOF
 */
export async function askPeer(
  peer: string,
  query: PeerQuery,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const response = await send(peer, QUERY_PATH, encodeQuery(query), signal);
  const message = decodeProofMessage(await readBounded(response, peer));
  if (message === undefined) throw new Error(`${peer} answered no PROOF`);
  return message.length === 0 ? undefined : message;
}

/** @throws when it cannot be told */
export async function tellPeer(
  peer: string,
  announcement: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  await (await send(peer, ANNOUNCE_PATH, announcement, signal)).arrayBuffer();
}

async function send(
  peer: string,
  path: string,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Response> {
  const response = await fetch(`http://${peer}${path}`, {
    method: "POST",
    body: new Uint8Array(body),
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PEER_MS_MAX)]),
  });
  if (!response.ok) throw new Error(`${peer} answered ${response.status}`);
  return response;
}

async function readBounded(response: Response, peer: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return new Uint8Array(0);
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > RECORD_BYTES_MAX) throw new Error(`${peer} sends more than a proof may have`);
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}
