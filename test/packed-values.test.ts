import { hash, randomBytes } from "node:crypto";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { toHex } from "../base/bytes.ts";
import type { Hash } from "../base/types.ts";
import { nodeBlobs } from "../client/platform/node-blobs.ts";
import type { StreamedValue } from "../client/types.ts";
import type { BlobStore } from "../node/host/blob-store.ts";
import type { ValueDesk } from "../node/host/value-desk.ts";
import { blobRoute } from "../node/http/blob-routes.ts";
import { HttpServer } from "../node/http/http-server.ts";
import { Figures } from "../node/metrics/figures.ts";

/** Values between a client and a replica that is not on its machine. */

const MIB = 1024 * 1024;
const PIECE = 256 * 1024;
const text = (size: number): Uint8Array => Buffer.alloc(size, "export const answer = 42;\n");
const sha256 = (bytes: Uint8Array): Hash => new Uint8Array(hash("sha256", bytes, "buffer")) as Hash;

interface Replica {
  readonly address: string;
  readonly figures: Figures;
  readonly stored: Map<string, Uint8Array>;
  /** Sizes that write sets announce. */
  readonly wanted: Map<string, number>;
}

async function serve(): Promise<Replica> {
  const figures = new Figures();
  const stored = new Map<string, Uint8Array>();
  const wanted = new Map<string, number>();
  const blobs = {
    sizeOf: (digest: Hash) => stored.get(toHex(digest))?.length,
    stream: async function* (digest: Hash, { start, end }: { start: number; end: number }) {
      const bytes = stored.get(toHex(digest))!.subarray(start, end + 1);
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
    receive: async (digest: Hash, size: number, pieces: AsyncIterable<Uint8Array>) => {
      const all: Uint8Array[] = [];
      let length = 0;
      for await (const piece of pieces) {
        length += piece.length;
        if (length > size) return false;
        all.push(piece);
      }
      const bytes = Buffer.concat(all);
      const isRight = length === size && sha256(bytes).every((byte, at) => byte === digest[at]);
      if (isRight) stored.set(toHex(digest), bytes);
      return isRight;
    },
  } as unknown as BlobStore;
  const desk = {
    wantedSize: (digest: Hash) => wanted.get(toHex(digest)),
    writersOf: () => ["writer"],
    digestersFor: () => new Map(),
    arrived: () => undefined,
  } as unknown as ValueDesk;
  const requests = new Map([["/blob/", blobRoute({ blobs, desk, figures })]]);
  const server = new HttpServer({ requests, upgrades: new Map() }, figures.drops);
  onTestFinished(() => server.close());
  const { port } = await server.listen("127.0.0.1", 0);
  return { address: `127.0.0.1:${port}`, figures, stored, wanted };
}

function streamed(bytes: Uint8Array): StreamedValue {
  const open = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  };
  return { digest: sha256(bytes), size: bytes.length, open };
}

async function carried(replica: Replica, bytes: Uint8Array, packs: boolean): Promise<number> {
  const blobs = nodeBlobs({ packs: () => packs });
  onTestFinished(() => blobs.close());
  const { signal } = new AbortController();
  const value = streamed(bytes);
  const name = toHex(value.digest);
  replica.wanted.set(name, bytes.length);
  expect(await blobs.put(replica.address, value, signal)).toBe(true);
  expect(Buffer.compare(replica.stored.get(name)!, bytes)).toBe(0);
  const body = await blobs.get(replica.address, value.digest, signal);
  const all: Uint8Array[] = [];
  for await (const piece of body!) all.push(piece);
  expect(Buffer.compare(Buffer.concat(all), bytes)).toBe(0);
  const { blobBytes } = replica.figures;
  expect(blobBytes.get("received-plain")).toBe(bytes.length);
  expect(blobBytes.get("sent-plain")).toBe(bytes.length);
  return blobBytes.get("received-travelled") + blobBytes.get("sent-travelled");
}

/** PUT or GET by hand. */
function call(
  { address }: Replica,
  digest: Hash,
  headers: Record<string, string>,
  body?: Uint8Array,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "PUT";
    const asking = request(`http://${address}/blob/${toHex(digest)}`, { method, headers });
    asking.on("error", reject);
    asking.on("response", resolve);
    asking.end(body);
  });
}

describe("a value on its way", () => {
  it("is packed where that helps, to the replica and from it", async () => {
    const bytes = text(5 * MIB + 1);
    expect(await carried(await serve(), bytes, true)).toBeLessThan(bytes.length / 10);
  });

  it.each([
    ["what looks packed already", randomBytes(MIB), true],
    ["a few bytes", text(1000), true],
    ["anything to a replica on this machine", text(MIB), false],
  ])("travels as it is: %s", async (_what, bytes, packs) => {
    expect(await carried(await serve(), bytes, packs)).toBe(2 * bytes.length);
  });

  it("comes as it is to whoever does not ask for another form, and in parts", async () => {
    const replica = await serve();
    const bytes = text(MIB);
    replica.stored.set(toHex(sha256(bytes)), bytes);
    for (const headers of [{}, { "accept-encoding": "gzip" }]) {
      const answer = await call(replica, sha256(bytes), headers);
      expect(answer.headers["content-encoding"]).toBeUndefined();
      expect(answer.headers["content-length"]).toBe(String(bytes.length));
      answer.resume();
    }
    const part = { range: "bytes=10-19", "accept-encoding": "br" };
    const answer = await call(replica, sha256(bytes), part);
    expect([answer.statusCode, answer.headers["content-length"]]).toEqual([206, "10"]);
    answer.resume();
  });

  it("is refused when it unpacks to other or more bytes, or in another form", async () => {
    const replica = await serve();
    const bytes = text(10_000);
    const digest = sha256(bytes);
    replica.wanted.set(toHex(digest), bytes.length);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 1 };
    const packed = (plain: Uint8Array): Uint8Array => brotliCompressSync(plain, { params });
    const put = async (encoding: string, body: Uint8Array): Promise<number | undefined> => {
      const answer = await call(replica, digest, { "content-encoding": encoding }, body);
      answer.resume();
      return answer.statusCode;
    };
    expect(await put("br", packed(Buffer.alloc(64 * MIB)))).toBe(422);
    expect(await put("br", packed(text(9_999)))).toBe(422);
    expect(await put("br", packed(bytes).subarray(0, 20))).toBe(503);
    // One of some thirty random texts is a whole packed one, of nothing.
    expect(await put("br", Buffer.alloc(500, 0xff))).toBe(503);
    expect([422, 503]).toContain(await put("br", randomBytes(500)));
    expect(await put("gzip", gzipSync(bytes))).toBe(415);
    expect(replica.stored.size).toBe(0);
    expect(await put("br", packed(bytes))).toBe(201);
    expect(replica.stored.size).toBe(1);
  });
});
