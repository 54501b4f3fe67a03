import { Agent, request } from "node:http";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { concatBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { encodeValuePack } from "../../consensus/wire/value-pack.ts";
import { BLOB_SILENCE_MS_MAX } from "../limits.ts";
import type { StreamedValue } from "../types.ts";
import type { BlobTransport } from "./platform.ts";

/** Connections to one replica that carry values, beside its one link. */
const SOCKETS_PER_REPLICA_MAX = 16;

/** Values over `/blob/{digest}` of a replica's one port. */
export function nodeBlobs(): BlobTransport {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_PER_REPLICA_MAX });
  return {
    get: (address, digest, signal) => getBlob(agent, address, digest, signal),
    put: (address, value, signal) => putBlob(agent, address, value, signal),
    putPack: (address, values, signal) => putPack(agent, address, values, signal),
    close: () => agent.destroy(),
  };
}

function urlOf(address: string, digest: Hash): string {
  return `http://${address}/blob/${toHex(digest)}`;
}

function getBlob(
  agent: Agent,
  address: string,
  digest: Hash,
  signal: AbortSignal,
): Promise<IncomingMessage | undefined> {
  return new Promise((resolve, reject) => {
    const call = request(urlOf(address, digest), { agent, signal, timeout: BLOB_SILENCE_MS_MAX });
    call.on("timeout", () => call.destroy(new Error("stalled")));
    call.on("error", reject);
    call.on("response", (response) => {
      if (response.statusCode === 200) resolve(response);
      else {
        response.resume();
        resolve(undefined);
      }
    });
    call.end();
  });
}

function putBlob(
  agent: Agent,
  address: string,
  value: StreamedValue,
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const headers = { "content-length": value.size, "content-type": "application/octet-stream" };
    const call = request(urlOf(address, value.digest), {
      method: "PUT",
      agent,
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
    pipeline(Readable.from(value.open()), call).catch((error: unknown) => {
      call.destroy(error instanceof Error ? error : new Error("upload broke off"));
    });
  });
}

/** Under the name of its first value, so that a replica knows whose it is before it reads it. */
async function putPack(
  agent: Agent,
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
  return new Promise((resolve, reject) => {
    const call = request(`http://${address}/blobs/${toHex(first.digest)}`, {
      method: "PUT",
      agent,
      signal,
      headers: { "content-length": body.length, "content-type": "application/octet-stream" },
      timeout: BLOB_SILENCE_MS_MAX,
    });
    call.on("timeout", () => call.destroy(new Error("stalled")));
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.end(body);
  });
}
