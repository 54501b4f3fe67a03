import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { FRAME_BYTES_MAX } from "../../consensus/limits.ts";
import { helloCodec } from "../../consensus/wire/connection.ts";
import type { Hello } from "../../consensus/wire/connection.ts";
import { encodeFrame, FRAME } from "../../consensus/wire/frame.ts";
import type { Hash } from "../../base/types.ts";
import { ClientDoor } from "../client-api/client-door.ts";
import { HttpServer } from "../http/http-server.ts";
import { Tally } from "../metrics/tally.ts";
import { testCommittee, testIdentity } from "../testing/committee.ts";
import { eventually } from "../testing/eventually.ts";
import { encodeHello } from "./handshake.ts";
import type { Identity } from "./handshake.ts";
import { WebSocketTransport } from "./web-socket-transport.ts";

const { committee, keys } = testCommittee(4);
const identityOf = (index: number): Identity =>
  testIdentity(committee, keys[index] as (typeof keys)[0], index);

let drops: Tally;
let transport: WebSocketTransport;
let door: ClientDoor;
let server: HttpServer;
let port: number;
let clientFrames: number;

beforeEach(async () => {
  drops = new Tally();
  clientFrames = 0;
  const identity = identityOf(3);
  const monotonicMs = (): number => performance.now();
  const addressOf = (): string => "127.0.0.1:1";
  transport = new WebSocketTransport({
    identity,
    drops,
    monotonicMs,
    random: Math.random,
    addressOf,
  });
  door = new ClientDoor({ identity, drops, monotonicMs, onFrame: () => clientFrames++ });
  server = new HttpServer(
    {
      requests: new Map(),
      upgrades: new Map([
        ["/peer", (request, socket, head) => transport.accept(request, socket, head)],
        ["/client", (request, socket, head) => door.accept(request, socket, head)],
      ]),
    },
    drops,
  );
  ({ port } = await server.listen("127.0.0.1", 0));
  transport.open({
    onFrame: () => undefined,
    onPeerUp: () => undefined,
    onPeerLost: () => undefined,
  });
});

afterEach(async () => {
  await transport.close();
  await door.close();
  await server.close();
});

async function knock(path: string, frame: Uint8Array | string): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false });
  socket.on("error", () => undefined);
  await new Promise<void>((resolve) => socket.once("open", () => resolve()));
  socket.send(frame);
  return socket;
}

const nobody: Omit<Hello, "nonce"> = {
  protocol: 1,
  clusterId: committee.clusterId,
  role: 1,
  index: 0,
  epoch: committee.epoch,
};

function hello(change: Partial<Hello>): Uint8Array {
  const nonce = new Uint8Array(randomBytes(32));
  return encodeFrame(FRAME.hello, helloCodec.encode({ ...nobody, nonce, ...change }));
}

describe("a peer's handshake is refused", () => {
  it.each([
    ["of another cluster", hello({ clusterId: new Uint8Array(32) as Hash }), "hello-cluster"],
    ["of another protocol", hello({ protocol: 2 }), "hello-protocol"],
    ["of another epoch", hello({ epoch: 1 as Hello["epoch"] }), "hello-epoch"],
    ["in a client's role", hello({ role: 2 }), "hello-role"],
    ["under our own index", hello({ index: 3 }), "hello-index"],
    ["under an index that is no member's", hello({ index: 9 }), "hello-index"],
    ["in garbage", encodeFrame(FRAME.hello, Uint8Array.of(255, 255)), "hello-malformed"],
    ["with another frame first", encodeFrame(FRAME.votePack, new Uint8Array(4)), "handshake-order"],
    ["with an unknown frame", Uint8Array.of(99), "frame-unknown"],
    ["with an empty frame", new Uint8Array(0), "frame-unknown"],
    ["with text", "hello", "frame-not-binary"],
  ])("%s", async (_what, frame, reason) => {
    await knock("/peer", frame);
    await eventually(() => drops.get(`handshake-${reason}`) === 1);
    expect(transport.peers().every((peer) => !peer.connected)).toBe(true);
  });

  it("with another member's key", async () => {
    const socket = await knock("/peer", encodeFrame(FRAME.hello, encodeHello(identityOf(0))));
    socket.on("message", () => {
      if (socket.readyState !== WebSocket.OPEN) return;
      // Signed by nobody: 64 zero bytes.
      socket.send(Uint8Array.from([FRAME.proof, 0x0a, 64, ...new Uint8Array(64)]));
    });
    await eventually(() => drops.get("handshake-proof-wrong") === 1);
  });

  it("when it sends back our own hello and proof", async () => {
    const socket = await knock("/peer", encodeFrame(FRAME.hello, encodeHello(identityOf(0))));
    socket.on("message", (data: Uint8Array) => {
      if (data[0] === FRAME.proof && socket.readyState === WebSocket.OPEN) socket.send(data);
    });
    await eventually(() => drops.get("handshake-proof-wrong") === 1);
  });
});

describe("every door", () => {
  it.each(["/peer", "/client"])("%s closes on a frame beyond the bound", async (path) => {
    const socket = await knock(path, new Uint8Array(FRAME_BYTES_MAX + 2));
    await eventually(() => socket.readyState === WebSocket.CLOSED);
    expect(drops.total).toBeGreaterThan(0);
  });

  it("closes on bytes that are no HTTP", async () => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(randomBytes(4_000));
    await eventually(() => socket.destroyed);
    expect(drops.get("http-malformed")).toBe(1);
  });

  it("closes an upgrade to anywhere else", async () => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/elsewhere`);
    socket.on("error", () => undefined);
    await eventually(() => socket.readyState === WebSocket.CLOSED);
    expect(drops.get("upgrade-unknown-path")).toBe(1);
  });
});

describe("a client", () => {
  it("gets the replica's hello and proof before anything else", async () => {
    const kinds: number[] = [];
    const socket = await knock("/client", hello({ role: 2 }));
    socket.on("message", (data: Uint8Array) => kinds.push(data[0] ?? 0));
    await eventually(() => kinds.length === 2);
    expect(kinds).toEqual([FRAME.hello, FRAME.proof]);
    socket.send(encodeFrame(FRAME.status, new Uint8Array(0)));
    await eventually(() => clientFrames === 1);
    socket.terminate();
    await eventually(() => door.count === 0);
  });

  it("of another cluster is refused", async () => {
    await knock("/client", hello({ role: 2, clusterId: new Uint8Array(32) as Hash }));
    await eventually(() => drops.get("client-handshake-hello-cluster") === 1);
  });
});
