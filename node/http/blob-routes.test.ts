import { createConnection } from "node:net";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { toHex, utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hash } from "../../base/types.ts";
import type { BlobStore } from "../host/blob-store.ts";
import type { ValueDesk } from "../host/value-desk.ts";
import { UPLOAD_COUNT_PER_ADDRESS_MAX, UPLOAD_COUNT_PER_WRITER_MAX } from "../limits.ts";
import { Figures } from "../metrics/figures.ts";
import { eventually } from "../testing/eventually.ts";
import { blobRoute } from "./blob-routes.ts";
import { HttpServer } from "./http-server.ts";
import type { Pace } from "./upload-pace.ts";

const SIZE = 1000;
const NEVER_SLOW: Pace = { bytesPerSecondMin: 0, leadMs: 0, checkMs: 1_000_000 };

interface Scene {
  readonly port: number;
  readonly figures: Figures;
  /** Which writers want a digest. */
  readonly writersOf: Map<string, readonly string[]>;
}

async function serve(pace: Pace): Promise<Scene> {
  const figures = new Figures();
  const writersOf = new Map<string, readonly string[]>();
  const stored = new Set<string>();
  const blobs = {
    sizeOf: (digest: Hash) => (stored.has(toHex(digest)) ? SIZE : undefined),
    receive: async (digest: Hash, size: number, pieces: AsyncIterable<Uint8Array>) => {
      let received = 0;
      for await (const piece of pieces) received += piece.length;
      if (received === size) stored.add(toHex(digest));
      return received === size;
    },
  } as unknown as BlobStore;
  const desk = {
    wantedSize: () => SIZE,
    writersOf: (digest: Hash) => writersOf.get(toHex(digest)) ?? [],
    digestersFor: () => new Map(),
    arrived: () => undefined,
  } as unknown as ValueDesk;
  const requests = new Map([["/blob/", blobRoute({ blobs, desk, figures, pace })]]);
  const server = new HttpServer({ requests, upgrades: new Map() }, figures.drops);
  onTestFinished(() => server.close());
  const { port } = await server.listen("127.0.0.1", 0);
  return { port, figures, writersOf };
}

/** An upload that has begun and then sends what it is told to. */
function begin({ port, writersOf }: Scene, name: string, writer: string, from: string): Upload {
  const digest = toHex(nodeCrypto.hash(utf8(name)));
  writersOf.set(digest, [writer]);
  const socket = createConnection({ port, host: "127.0.0.1", localAddress: from });
  onTestFinished(() => void socket.destroy());
  const upload: Upload = { socket, answer: "" };
  socket.on("error", () => undefined);
  socket.on("data", (data: Buffer) => (upload.answer += data.toString("latin1")));
  socket.write(`PUT /blob/${digest} HTTP/1.1\r\nhost: a\r\ncontent-length: ${SIZE}\r\n\r\n`);
  socket.write(new Uint8Array(1));
  return upload;
}

interface Upload {
  readonly socket: Socket;
  answer: string;
}

const isRefused = ({ answer }: Upload): boolean => answer.startsWith("HTTP/1.1 503");

async function finish(upload: Upload): Promise<void> {
  upload.socket.write(new Uint8Array(SIZE - 1));
  await eventually(() => upload.answer.startsWith("HTTP/1.1 201"));
}

describe("slots of uploads", () => {
  it("one writer's are a share of all, and free again when its uploads end", async () => {
    const scene = await serve(NEVER_SLOW);
    const slow = Array.from({ length: UPLOAD_COUNT_PER_WRITER_MAX + 1 }, (_, count) =>
      begin(scene, `slow ${count}`, "slow", "127.0.0.2"),
    );
    await eventually(() => slow.filter(isRefused).length === 1);
    await finish(begin(scene, "other", "other", "127.0.0.2"));
    const [first] = slow.filter((upload) => !isRefused(upload));
    first!.socket.destroy();
    await eventually(() => scene.figures.drops.get("upload-broken") === 1);
    await finish(begin(scene, "again", "slow", "127.0.0.2"));
    expect(scene.figures.drops.get("upload-503")).toBe(1);
  });

  it("one address's are a share of all, whoever's values it uploads", async () => {
    const scene = await serve(NEVER_SLOW);
    const slow = Array.from({ length: UPLOAD_COUNT_PER_ADDRESS_MAX + 1 }, (_, count) =>
      begin(scene, `slow ${count}`, `writer ${count}`, "127.0.0.2"),
    );
    await eventually(() => slow.filter(isRefused).length === 1);
    await finish(begin(scene, "other", "writer 0", "127.0.0.3"));
  });
});

describe("the pace of an upload", () => {
  it("too slow, it is cut, counted, and its slot is free", async () => {
    const scene = await serve({ bytesPerSecondMin: 1_000_000, leadMs: 20, checkMs: 5 });
    const slow = begin(scene, "slow", "slow", "127.0.0.2");
    await eventually(() => slow.socket.destroyed);
    expect(scene.figures.drops.get("upload-slow")).toBe(1);
    expect(slow.answer).toBe("");
  });
});
