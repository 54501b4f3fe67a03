import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { connect as connectHttp2, constants } from "node:http2";
import type { ClientHttp2Session, ClientHttp2Stream } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { afterEach, describe, expect, it } from "vitest";
import { CONNECTION_COUNT_MAX } from "./limits.ts";
import { startGateway } from "./start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "./start-gateway.ts";
import { metric, noise } from "./testing/door-world.ts";
import { grpcCall } from "./testing/grpc-request.ts";
import { rawRequest } from "./testing/raw-request.ts";

const CAPABILITIES = "/build.bazel.remote.execution.v2.Capabilities/GetCapabilities";
const UPDATE = "/build.bazel.remote.execution.v2.ActionCache/UpdateActionResult";
const HOST = "HTTP/1.1\r\nHost: localhost\r\n";
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

let folder: string;
let gateway: RunningGateway;
const held = new Set<Socket>();
const sessions = new Set<ClientHttp2Session>();

async function start(options: GatewayOptions): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), "quorate-held-"));
  gateway = await startGateway({ folder, grpcPort: 0, ...options }, undefined);
}

afterEach(async () => {
  for (const socket of held) socket.destroy();
  for (const session of sessions) session.destroy();
  held.clear();
  sessions.clear();
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Connects, sends a beginning, and never the rest. Resolves once it was sent, or refused. */
function hold(port: number, beginning: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      if (beginning === "") resolve();
      else socket.write(beginning, () => resolve());
    });
    held.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => {
      held.delete(socket);
      resolve();
    });
  });
}

async function holdMany(count: number, port: number, beginning: string): Promise<void> {
  for (let begun = 0; begun < count; begun += 100) {
    await Promise.all(Array.from({ length: 100 }, () => hold(port, beginning)));
  }
}

/** Puts in many pieces, slowly enough to be read in turns; what was answered. */
async function crawl(port: number, path: string, body: Uint8Array): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  held.add(socket);
  let answer = "";
  socket.on("error", () => undefined);
  socket.on("data", (part: Buffer) => (answer += part.toString("latin1")));
  socket.write(`PUT ${path} ${HOST}Content-Length: ${body.length}\r\n\r\n`);
  for (let at = 0; at < body.length; at += 30) {
    socket.write(body.subarray(at, at + 30));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  await expect.poll(() => answer, { timeout: 60_000 }).toContain("\r\n\r\n");
  return answer;
}

async function honestOverHttp(): Promise<void> {
  const body = noise(2000, "an honest compiler's");
  const put = await rawRequest(gateway.url, "/cache/team-a/k", { method: "PUT", body });
  expect(put.status).toBe(201);
  const got = await rawRequest(gateway.url, "/cache/team-a/k");
  expect(got.body.equals(body)).toBe(true);
}

async function honestOverGrpc(): Promise<void> {
  const answer = await grpcCall(gateway.grpcPort!, CAPABILITIES, [new Uint8Array(0)]);
  expect(answer.code).toBe(status.OK);
}

const cutOffs = (reason: string): Promise<number> =>
  metric(gateway.url, `quorate_gateway_cut_offs_total{reason="${reason}"}`);

describe("two thousand sockets that are only held", () => {
  it.each([
    ["say nothing", "http", ""],
    ["begin a header", "http", "GET /cache/team-a/k HTTP/1.1\r\nX: "],
    ["say nothing", "grpc", ""],
    ["begin to speak HTTP/2", "grpc", PREFACE],
  ] as const)("that %s at the port for %s keep no tool out", async (_what, door, beginning) => {
    await start({});
    const port = door === "http" ? gateway.port : gateway.grpcPort!;
    await holdMany(2000, port, beginning);
    for (let round = 0; round < 5; round++) {
      await honestOverHttp();
      await honestOverGrpc();
    }
    // No more are kept than have a place, and none of those for ever.
    const ended = (await cutOffs("too-many-connections")) + (await cutOffs("slow-header"));
    expect(ended).toBeGreaterThanOrEqual(2000 - CONNECTION_COUNT_MAX);
  });
});

describe("two thousand requests that are only begun", () => {
  it("with a body that does not come keep no tool out", async () => {
    await start({});
    const head = `PUT /cache/team-a/slow ${HOST}Content-Length: 900000\r\n\r\n`;
    await holdMany(2000, gateway.port, head);
    for (let round = 0; round < 5; round++) await honestOverHttp();
    const ended = (await cutOffs("too-many-connections")) + (await cutOffs("slow-body"));
    expect(ended).toBeGreaterThanOrEqual(2000 - CONNECTION_COUNT_MAX);
  });

  it("with a body that trickles touch no disk, and neither does a tool's beside them", async () => {
    await start({});
    const head = `PUT /cache/team-a/slow ${HOST}Content-Length: 900000\r\n\r\nbegun`;
    await holdMany(400, gateway.port, head);
    const spooled = join(folder, "journal", "values");
    for (let round = 0; round < 10; round++) {
      for (const socket of held) socket.write("and on");
      await honestOverHttp();
      expect(readdirSync(spooled)).toEqual([]);
    }
  });

  it("and go on in a crowd arrive whole, each with its own bytes", async () => {
    await start({});
    const bodyOf = (number: number): Buffer => Buffer.from(noise(900, `crawls ${number}`));
    await Promise.all(
      Array.from({ length: 80 }, async (_, number) => {
        const path = `/cache/team-a/crawls-${number}`;
        expect(await crawl(gateway.port, path, bodyOf(number))).toContain("201 Created");
        const got = await rawRequest(gateway.url, path);
        expect(got.body.equals(bodyOf(number))).toBe(true);
      }),
    );
  });

  it("whose answers are not read keep no tool out", async () => {
    await start({ connectionCountMax: 8 });
    const body = noise(5_000_000, "more than any socket holds");
    await rawRequest(gateway.url, "/cache/team-a/large", { method: "PUT", body });
    for (let count = 0; count < 20; count++) {
      const socket = connect(gateway.port, "127.0.0.1", () =>
        socket.write(`GET /cache/team-a/large ${HOST}\r\n`),
      );
      held.add(socket);
      socket.on("error", () => undefined);
      await new Promise((resolve) => socket.once("readable", resolve).once("close", resolve));
    }
    // They are seen to take nothing more within half a second.
    await expect
      .poll(
        () =>
          honestOverHttp().then(
            () => true,
            () => false,
          ),
        { timeout: 30_000 },
      )
      .toBe(true);
    expect(await cutOffs("too-many-connections")).toBeGreaterThan(0);
  });
});

it("connections that were of use once, and are idle, give way as well", async () => {
  await start({ connectionCountMax: 8 });
  const request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
  for (let count = 0; count < 20; count++) await hold(gateway.port, request);
  await honestOverHttp();
  expect(await cutOffs("too-many-connections")).toBeGreaterThan(0);
});

it("one with a request under way stays", async () => {
  await start({ connectionCountMax: 4 });
  const upload = connect(gateway.port, "127.0.0.1");
  held.add(upload);
  upload.on("error", () => undefined);
  let answer = "";
  upload.on("data", (chunk: Buffer) => (answer += chunk.toString("latin1")));
  const head = "PUT /cache/team-a/k HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n";
  upload.write(`${head}Content-Length: 9\r\n\r\n`);
  await expect.poll(() => answer, { timeout: 30_000 }).toContain("100 Continue");
  await holdMany(100, gateway.port, "GET / HT");
  upload.write("whole now");
  await expect.poll(() => answer, { timeout: 30_000 }).toContain("201 Created");
});

/** A call whose message is announced and begun, and never whole. */
function beginCall(
  session: ClientHttp2Session,
  announced: number,
  sent: number,
): ClientHttp2Stream {
  const stream = session.request({
    [constants.HTTP2_HEADER_METHOD]: "POST",
    [constants.HTTP2_HEADER_PATH]: UPDATE,
    "content-type": "application/grpc",
    te: "trailers",
  });
  stream.on("error", () => undefined);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(announced, 1);
  stream.write(Buffer.concat([head, Buffer.alloc(sent)]));
  return stream;
}

/** Which of HTTP/2's two heads has it depends on whether anything was answered before. */
function statusOf(stream: ClientHttp2Stream): Promise<number> {
  stream.resume();
  return new Promise((resolve) => {
    const note = (headers: Readonly<Record<string, unknown>>): void => {
      if (headers["grpc-status"] !== undefined) resolve(Number(headers["grpc-status"]));
    };
    stream.on("response", note);
    stream.on("trailers", note);
  });
}

function openSession(): ClientHttp2Session {
  const session = connectHttp2(`http://127.0.0.1:${gateway.grpcPort}`);
  sessions.add(session);
  session.on("error", () => undefined);
  session.on("close", () => sessions.delete(session));
  return session;
}

describe("messages that never become whole", () => {
  it("are held up to a bound, beyond which the connection that holds most goes", async () => {
    await start({ heldBytesMax: 8 * 1024 * 1024 });
    const session = openSession();
    for (let count = 0; count < 40; count++) beginCall(session, 1_000_000, 900_000);
    await expect.poll(() => session.destroyed, { timeout: 30_000 }).toBe(true);
    await expect.poll(() => cutOffs("half-messages"), { timeout: 30_000 }).toBe(1);
    await honestOverGrpc();
  });

  it("are cut off when nothing more comes", async () => {
    await start({ bodySweepMs: 200 });
    const session = openSession();
    beginCall(session, 1_000_000, 100_000);
    await expect.poll(() => session.destroyed, { timeout: 30_000 }).toBe(true);
    expect(await cutOffs("slow-body")).toBe(1);
    await honestOverGrpc();
  });

  it("are refused at once when they announce more than any may have", async () => {
    await start({});
    expect(await statusOf(beginCall(openSession(), 2_000_000_000, 100))).toBe(
      status.RESOURCE_EXHAUSTED,
    );
    await honestOverGrpc();
  });

  it("are refused when they expand beyond it", async () => {
    await start({});
    const { gzipSync } = await import("node:zlib");
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const session = openSession();
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: UPDATE,
      "content-type": "application/grpc",
      "grpc-encoding": "gzip",
      te: "trailers",
    });
    stream.on("error", () => undefined);
    const head = Buffer.from([1, 0, 0, 0, 0]);
    head.writeUInt32BE(bomb.length, 1);
    const code = statusOf(stream);
    stream.end(Buffer.concat([head, bomb]));
    expect(await code).toBe(status.RESOURCE_EXHAUSTED);
    await honestOverGrpc();
  });
});
