import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { concatBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { permittedBits, permittedLead } from "../../proof/admission/permitted-set.ts";
import type { KnownTheories } from "../../proof/frame/known-theories.ts";
import { keyOfObligation } from "../../proof/frame/obligation.ts";
import { THEORY_WORDS_BYTES_MAX, decodeTheoryWords } from "../../proof/frame/theory-words.ts";
import type { Theory } from "../../proof/frame/theory.ts";
import { readRange, readSetHead, streamRange } from "../admission/stored-set.ts";
import type { SetHeadPlace } from "../admission/stored-set.ts";
import type { BlobStore } from "../host/blob-store.ts";
import { CHECKED_PAYLOAD_BYTES_MAX, HTTP_BODY_STALL_MS_MAX } from "../limits.ts";
import type { Figures } from "../metrics/figures.ts";
import { digestIn } from "./blob-routes.ts";
import { answerText } from "./http-server.ts";
import type { RequestHandler } from "./http-server.ts";
import { paced } from "./upload-pace.ts";
import { UploadSlots } from "./upload-slots.ts";

export interface PermittedRouteDependencies {
  readonly blobs: BlobStore;
  readonly hash: (bytes: Uint8Array) => Hash;
  readonly theories: KnownTheories;
  readonly figures: Figures;
  readonly slots?: UploadSlots;
}

interface Refusal {
  readonly status: number;
  readonly text: string;
}

const NOT_HERE: Refusal = { status: 404, text: "this value is not here\n" };
const NO_SET: Refusal = { status: 422, text: "this value is no set of proofs\n" };
const MALFORMED: Refusal = { status: 400, text: "no theory\n" };
const UNKNOWN: Refusal = { status: 428, text: "name the theory by its axioms\n" };
const BUSY: Refusal = { status: 503, text: "too many questions; try again\n" };

/**
 * `POST /proofs/{SHA-256 of a set of proofs}`, with what a proof may assume (theory-words.ts): so
 * much of the set as that permits (permitted-set.ts). Filtered here, so that nobody is sent a proof
 * from axioms that they lack; who asked filters what comes once more.
 */
export function permittedRoute(dependencies: PermittedRouteDependencies): RequestHandler {
  const slots = dependencies.slots ?? new UploadSlots();
  return (request, response) => {
    const digest = digestIn(request, "/proofs/");
    request.setTimeout(HTTP_BODY_STALL_MS_MAX, () => request.destroy());
    if (digest === undefined || request.method !== "POST") {
      answerText(response, 405, "only POST, under the digest of a set of proofs\n");
      return;
    }
    // A question holds half a megabyte of words at most, and few come at one time.
    const address = request.socket.remoteAddress ?? "";
    const leave = slots.take(address, [`asker ${address}`]);
    if (leave === undefined) return refuse(dependencies, request, response, BUSY);
    const words = readWords(request, dependencies.figures).finally(leave);
    void answer(dependencies, request, response, { digest, words });
  };
}

async function answer(
  dependencies: PermittedRouteDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  question: { readonly digest: Hash; readonly words: Promise<Uint8Array | undefined> },
): Promise<void> {
  const { blobs, figures, theories } = dependencies;
  const { digest } = question;
  try {
    const body = await question.words;
    const words = body && decodeTheoryWords(body);
    if (words === undefined) return refuse(dependencies, request, response, MALFORMED);
    const theory = theories.meantBy(words);
    if (theory === "unknown") return refuse(dependencies, request, response, UNKNOWN);
    if (blobs.sizeOf(digest) === undefined) {
      return refuse(dependencies, request, response, NOT_HERE);
    }
    const set = await readSetHead(blobs, digest);
    const bits = set && (await bitsOf(dependencies, digest, set, theory));
    if (set === undefined || bits === undefined) {
      return refuse(dependencies, request, response, NO_SET);
    }
    figures.permitted.add("answered");
    const pieces = piecesOf(blobs, digest, set, bits);
    response.writeHead(200, { "content-type": "application/octet-stream" });
    await pipeline(Readable.from(pieces, { objectMode: false }), response);
  } catch {
    // The asker left, or the value is damaged: the answer is cut short, never wrong.
    figures.drops.add("permitted-broken");
    response.destroy();
  }
}

/** Undefined: more than any theory takes. */
async function readWords(
  request: IncomingMessage,
  figures: Figures,
): Promise<Uint8Array | undefined> {
  const onSlow = (): void => {
    figures.drops.add("permitted-slow");
    request.destroy();
  };
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of paced(request.iterator({ destroyOnReturn: false }), onSlow)) {
    size += piece.length;
    if (size > THEORY_WORDS_BYTES_MAX) return undefined;
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}

/** Undefined: of no obligation that was ever admitted. */
async function bitsOf(
  { blobs, hash }: PermittedRouteDependencies,
  digest: Hash,
  { kind, proofs, payload }: SetHeadPlace,
  theory: Theory | "any",
): Promise<number | undefined> {
  if (theory === "any") return (1 << Math.max(1, proofs.length)) - 1;
  if (proofs.length > 0) return permittedBits(proofs, NO_KEY, theory);
  // An axiom rests on itself, and its name is the hash of what it says.
  if (payload.size > CHECKED_PAYLOAD_BYTES_MAX) return undefined;
  const bytes = await readRange(blobs, digest, payload.start, payload.size);
  return permittedBits(proofs, keyOfObligation(hash, { kind, payload: bytes }), theory);
}

const NO_KEY = new Uint8Array(32) as Hash;

async function* piecesOf(
  blobs: BlobStore,
  digest: Hash,
  set: SetHeadPlace,
  bits: number,
): AsyncGenerator<Uint8Array> {
  yield permittedLead(bits, set.head.length);
  yield set.head;
  yield* streamRange(blobs, digest, set.payload.start, set.payload.size);
  for (const [index, { start, size }] of set.places.entries()) {
    if ((bits >>> index) & 1) yield* streamRange(blobs, digest, start, size);
  }
}

function refuse(
  { figures }: PermittedRouteDependencies,
  request: IncomingMessage,
  response: ServerResponse,
  { status, text }: Refusal,
): void {
  figures.permitted.add(String(status));
  if (!request.readableEnded) response.setHeader("connection", "close");
  answerText(response, status, text);
}
