import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import { eventually } from "../testing/eventually.ts";
import { FrameSocket } from "./frame-socket.ts";

const OPTIONS = {
  queueBytesMax: 4 * 1024 * 1024,
  whenFull: "cut",
  pingMs: 1_000,
  silenceMsMax: 4_000,
} as const;

let server: Server;
let far: WebSocket;
let near: FrameSocket;
let closed: string[];
let pings: number;
let frames: number;

/** A socket of ours whose other side answers no ping. */
beforeEach(async () => {
  const reasons: string[] = [];
  closed = reasons;
  pings = 0;
  frames = 0;
  const sockets = new WebSocketServer({ noServer: true });
  server = createServer();
  const accepted = new Promise<void>((resolve) => {
    server.on("upgrade", (request, raw: Duplex, head) =>
      sockets.handleUpgrade(request, raw, head, (socket) => {
        const events = {
          onFrame: () => frames++,
          onClosed: (reason: string) => reasons.push(reason),
          onDropped: () => undefined,
        };
        near = new FrameSocket(socket, raw, OPTIONS, events, 0);
        resolve();
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  far = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: false, perMessageDeflate: false });
  far.on("ping", () => pings++);
  far.on("error", () => undefined);
  await accepted;
  await eventually(() => far.readyState === WebSocket.OPEN);
});

afterEach(async () => {
  far.terminate();
  await new Promise((resolve) => server.close(resolve));
});

describe("a socket", () => {
  it("on which nothing arrives is pinged, and then cut: it is half open", async () => {
    near.sweep(0);
    near.sweep(500);
    expect(pings).toBe(0);
    near.sweep(1_000);
    await eventually(() => pings === 1);
    near.sweep(4_000);
    expect(closed).toEqual([]);
    near.sweep(4_001);
    expect(closed).toEqual(["silent"]);
  });

  it("on which something arrived lives on, for as long again", async () => {
    near.sweep(0);
    far.send(encodeFrame(FRAME.status, new Uint8Array(1)));
    await eventually(() => frames === 1);
    near.sweep(10_000);
    near.sweep(14_000);
    expect(closed).toEqual([]);
    near.sweep(14_001);
    expect(closed).toEqual(["silent"]);
  });

  it("whose other side does not read is cut once its queue is full", async () => {
    far.pause();
    await eventually(() => {
      near.send(FRAME.root, new Uint8Array(256 * 1024));
      return closed.length > 0;
    });
    expect(closed).toEqual(["slow-consumer"]);
    expect(near.queuedBytes).toBe(0);
  });

  it("that is closed takes nothing more, and says why once", () => {
    near.close("shutdown");
    near.close("again");
    near.send(FRAME.root, new Uint8Array(1));
    expect(closed).toEqual(["shutdown"]);
  });
});
