import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { THEORY_AXIOM_COUNT_MAX } from "../../../proof/frame/theory-words.ts";
import type { TheoryWords } from "../../../proof/frame/theory-words.ts";
import type { Theory } from "../../../proof/frame/theory.ts";
import { RECORD_BYTES_MAX } from "../limits.ts";
import { PEER_MS_MAX } from "./limits.ts";
import { decodeProofMessage, encodeQuery } from "./peer-message.ts";

/** Where gateways take questions and announcements. */
export const QUERY_PATH = "/peer/query";
export const ANNOUNCE_PATH = "/peer/announce";

/** The asked one does not know this theory's digest: it is told the axioms. */
export const THEORY_UNKNOWN = 428;

/** What is asked of a peer: undefined theory, a proof from whatever axioms. */
export interface PeerQuestion {
  readonly key: Hash;
  readonly hops: 0 | 1;
  readonly theory: Theory | undefined;
}

/**
 * A QUERY to one peer (`host:port`), and a second with all axioms where it does not know the theory.
 * Answers the record's bytes, unjudged; undefined: it has none.
 * @throws when it cannot be asked, stalls, or answers what is no PROOF
 */
export async function askPeer(
  peer: string,
  { theory, ...query }: PeerQuestion,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  for (const words of wordsFor(theory)) {
    const asked = encodeQuery({ ...query, theory: words });
    const response = await send(peer, QUERY_PATH, asked, signal, THEORY_UNKNOWN);
    if (response.status === THEORY_UNKNOWN) {
      await response.arrayBuffer();
      continue;
    }
    const message = decodeProofMessage(await readBounded(response, peer));
    if (message === undefined) throw new Error(`${peer} answered no PROOF`);
    return message.length === 0 ? undefined : message;
  }
  throw new Error(`${peer} takes no theory`);
}

/** In the order in which they are tried. */
function wordsFor(theory: Theory | undefined): readonly TheoryWords[] {
  if (theory === undefined || theory.axioms.length > THEORY_AXIOM_COUNT_MAX) {
    return [{ type: "any" }];
  }
  return [
    { type: "digest", digest: theory.digest(nodeCrypto.hash) },
    { type: "axioms", theory },
  ];
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
  statusBesides?: number,
): Promise<Response> {
  const response = await fetch(`http://${peer}${path}`, {
    method: "POST",
    body: new Uint8Array(body),
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(PEER_MS_MAX)]),
  });
  if (!response.ok && response.status !== statusBesides)
    throw new Error(`${peer} answered ${response.status}`);
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
