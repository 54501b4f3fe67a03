import { request } from "node:http";
import type { IncomingMessage, RequestOptions } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { concatBytes, toHex } from "../../base/bytes.ts";
import { NO_PINS } from "../../base/host/pinned-agent.ts";
import type { Pins } from "../../base/host/pinned-agent.ts";
import { PACKED_ENCODING, packStream, peek, unpackStream } from "../../base/host/packed-stream.ts";
import { originOf, ReplicaAgents } from "../../base/host/replica-agents.ts";
import { hostPortOf } from "../../base/replica-address.ts";
import type { Hash } from "../../base/types.ts";
import { VALUE_BYTES_MAX } from "../../consensus/limits.ts";
import { encodeValuePack } from "../../consensus/wire/value-pack.ts";
import { BLOB_SILENCE_MS_MAX } from "../limits.ts";
import type { StreamedValue } from "../types.ts";
import type { BlobBody, BlobTransport } from "./platform.ts";

/** Connections to one replica that carry values, beside its one link. */
const SOCKETS_PER_REPLICA_MAX = 16;

export interface NodeBlobsOptions {
  /** Whether values travel packed to and from this replica, where that helps. */
  readonly packs?: (address: string) => boolean;
  /** For addresses over TLS. */
  readonly pins?: Pins;
}

/** Values over `/blob/{digest}` of a replica's one port. */
export function nodeBlobs({
  packs = isElsewhere,
  pins = NO_PINS,
}: NodeBlobsOptions = {}): BlobTransport {
  const agents = new ReplicaAgents(pins, { keepAlive: true, maxSockets: SOCKETS_PER_REPLICA_MAX });
  return {
    get: (address, digest, signal) => {
      return getBlob(agents, { address, digest, packs: packs(address) }, signal);
    },
    put: (address, value, signal) => {
      return putBlob(agents, { address, value, packs: packs(address) }, signal);
    },
    putPack: (address, values, signal) => putPack(agents, address, values, signal),
    permitted: (address, digest, words, signal) =>
      askPermitted(agents, { address, digest, words }, signal),
    close: () => agents.destroy(),
  };
}

function urlOf(address: string, digest: Hash): string {
  return `${originOf(address)}/blob/${toHex(digest)}`;
}

/** Packing costs more than the way to a replica on this very machine. */
function isElsewhere(address: string): boolean {
  return !/^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):\d+$/.test(hostPortOf(address));
}

function getBlob(
  agents: ReplicaAgents,
  from: { readonly address: string; readonly digest: Hash; readonly packs: boolean },
  signal: AbortSignal,
): Promise<BlobBody | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(urlOf(from.address, from.digest), {
      agent: agents.of(from.address),
      signal,
      timeout: BLOB_SILENCE_MS_MAX,
      headers: from.packs ? { "accept-encoding": PACKED_ENCODING } : {},
    });
    call.on("timeout", () => call.destroy(new Error("stalled")));
    call.on("error", reject);
    call.on("response", (response) => resolve(bodyOf(response, from.packs)));
    call.end();
  });
}

/** Undefined: it is not to be had here, or in a form that was not asked for. */
function bodyOf(response: IncomingMessage, packs: boolean): BlobBody | undefined {
  const encoding = response.headers["content-encoding"];
  if (response.statusCode !== 200) response.resume();
  else if (encoding === undefined) return response;
  // Its reader counts the plain bytes, and takes no more of them than the value has.
  else if (packs && encoding === PACKED_ENCODING) return unpackStream(response, VALUE_BYTES_MAX);
  else response.destroy();
  return undefined;
}

async function putBlob(
  agents: ReplicaAgents,
  to: { readonly address: string; readonly value: StreamedValue; readonly packs: boolean },
  signal: AbortSignal,
): Promise<boolean> {
  const { address, value } = to;
  const { isWorthPacking, pieces } = await peek(value.open(), to.packs ? value.size : 0);
  const body = isWorthPacking ? packStream(pieces) : pieces;
  const length = isWorthPacking
    ? { "content-encoding": PACKED_ENCODING }
    : { "content-length": value.size };
  return new Promise((resolve, reject) => {
    const headers = { ...length, "content-type": "application/octet-stream" };
    const call = request(urlOf(address, value.digest), {
      method: "PUT",
      agent: agents.of(address),
      signal,
      headers,
      timeout: BLOB_SILENCE_MS_MAX,
    });
    call.on("timeout", () => call.destroy(new Error("stalled")));
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 300);
    });
    // A replica that has the value already answers before it has read all; that ends the pipe.
    pipeline(Readable.from(body, { objectMode: false }), call).catch((error: unknown) => {
      call.destroy(error instanceof Error ? error : new Error("upload broke off"));
    });
  });
}

/** Under the name of its first value, so that a replica knows whose it is before it reads it. */
async function putPack(
  agents: ReplicaAgents,
  address: string,
  values: readonly StreamedValue[],
  signal: AbortSignal,
): Promise<boolean> {
  const packed = [];
  for (const { digest, open } of values) {
    const pieces: Uint8Array[] = [];
    for await (const piece of open()) pieces.push(piece);
    packed.push({ digest, bytes: concatBytes(...pieces) });
  }
  const [first] = packed;
  if (first === undefined) return true;
  const body = encodeValuePack(packed);
  const url = `${originOf(address)}/blobs/${toHex(first.digest)}`;
  const options = { method: "PUT", agent: agents.of(address), signal };
  const response = await send(url, options, body);
  response.resume();
  return response.statusCode === 200;
}

/** The replica has forgotten the theory, or was never told its axioms. */
const THEORY_UNKNOWN = 428;

async function askPermitted(
  agents: ReplicaAgents,
  question: { readonly address: string; readonly digest: Hash; readonly words: Uint8Array },
  signal: AbortSignal,
): Promise<BlobBody | "theory-unknown" | undefined> {
  const { address, digest, words } = question;
  const url = `${originOf(address)}/proofs/${toHex(digest)}`;
  const options = { method: "POST", agent: agents.of(address), signal };
  const response = await send(url, options, words);
  const body = bodyOf(response, false);
  return response.statusCode === THEORY_UNKNOWN ? "theory-unknown" : body;
}

/** A body that is at hand, and the head of the answer to it. */
function send(url: string, options: RequestOptions, body: Uint8Array): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": body.length, "content-type": "application/octet-stream" };
    const call = request(url, { ...options, headers, timeout: BLOB_SILENCE_MS_MAX });
    call.on("timeout", () => call.destroy(new Error("stalled")));
    call.on("error", reject);
    call.on("response", resolve);
    call.end(body);
  });
}
