import { createServer } from "node:http";
import type { Server } from "node:http";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { startGateway } from "../client/gateway/start-gateway.ts";

/**
 * GET of a hit at the gateway against a bare node:http server that answers the same bytes, in the
 * same run, rounds interleaved, medians compared. The load comes from a thread of its own; the
 * servers share the main thread, one at a time.
 */
const CONNECTIONS = 16;
const ROUNDS = 7;
const ROUND_MS = 700;
const KIB = 1024;
const OK = Buffer.from("HTTP/1.1 200");

interface Bar {
  readonly name: string;
  readonly size: number;
  readonly gateway: "l1" | "l2";
  /** What the peer does for each request. */
  readonly peer: "memory" | "read-and-hash";
  readonly ratioMin: number;
}

const BARS: readonly Bar[] = [
  { name: "L1 1 KiB", size: KIB, gateway: "l1", peer: "memory", ratioMin: 0.5 },
  { name: "L1 1 MiB", size: KIB * KIB, gateway: "l1", peer: "memory", ratioMin: 0.7 },
  { name: "L2 1 KiB", size: KIB, gateway: "l2", peer: "memory", ratioMin: 0.35 },
  { name: "L2 1 MiB", size: KIB * KIB, gateway: "l2", peer: "read-and-hash", ratioMin: 0.7 },
];

interface Load {
  readonly port: number;
  readonly path: string;
  readonly ms: number;
  readonly connections: number;
}

if (isMainThread) await main();
else (parentPort as MessagePort).postMessage(await load(workerData as Load), []);

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-bench-gateway-"));
  let missed = 0;
  try {
    for (const bar of BARS) if (!(await measure(bar, folder))) missed++;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  console.log(`${BARS.length - missed} reached, ${missed} missed`);
  process.exitCode = missed === 0 ? 0 : 1;
}

async function measure(bar: Bar, folder: string): Promise<boolean> {
  const body = Buffer.alloc(bar.size, "quorate");
  const home = mkdtempSync(join(folder, "home-"));
  // Room for the entry's row and for no value: so every hit comes from the disk.
  const memoryBytesMax = bar.gateway === "l1" ? 64 * KIB * KIB : KIB;
  const gateway = await startGateway({ folder: home, memoryBytesMax }, undefined);
  await fetch(`${gateway.url}/cache/bench/key`, { method: "PUT", body });
  const probe = await fetch(`${gateway.url}/cache/bench/key`);
  await probe.arrayBuffer();
  if (probe.headers.get("x-quorate-level") !== bar.gateway) throw new Error("not at that level");
  const peer = await startPeer(bar, body, join(home, "peer-value"));
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    theirs.push(await measureOne(peer.port));
    ours.push(await measureOne(gateway.port));
  }
  peer.server.closeAllConnections();
  peer.server.close();
  await gateway.close();
  const ratio = median(ours) / median(theirs);
  const verdict = ratio >= bar.ratioMin ? "ok  " : "MISS";
  console.log(
    `${verdict} ${bar.name}: gateway ${median(ours).toFixed(0)}/s, bare ${median(theirs).toFixed(0)}/s, ` +
      `ratio ${ratio.toFixed(2)} (at least ${bar.ratioMin})`,
  );
  return ratio >= bar.ratioMin;
}

async function startPeer(
  bar: Bar,
  body: Buffer,
  path: string,
): Promise<{ server: Server; port: number }> {
  writeFileSync(path, body);
  const digest = createHash("sha256").update(readFileSync(path)).digest("hex");
  const server = createServer((_request, response) => {
    if (bar.peer === "memory") {
      response.writeHead(200, { "Content-Length": body.length });
      response.end(body);
      return;
    }
    void readFile(path).then((bytes) => {
      const right = createHash("sha256").update(bytes).digest("hex") === digest;
      response.writeHead(right ? 200 : 500, { "Content-Length": bytes.length });
      response.end(bytes);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return { server, port };
}

function measureOne(port: number): Promise<number> {
  const options: Load = { port, path: "/cache/bench/key", ms: ROUND_MS, connections: CONNECTIONS };
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: options });
    worker.once("message", (rate: number) => resolve(rate));
    worker.once("error", reject);
  });
}

/**
 * Requests answered in a second. Over bare sockets, counting bytes: an HTTP client costs more than
 * the servers and would hide what they differ in.
 */
async function load({ port, path, ms, connections }: Load): Promise<number> {
  const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const started = performance.now();
  const counts = await Promise.all(
    Array.from({ length: connections }, () => loadOne(port, request, started + ms)),
  );
  const answered = counts.reduce((sum, count) => sum + count, 0);
  return (answered * 1000) / (performance.now() - started);
}

function loadOne(port: number, request: Buffer, ends: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let answered = 0;
    let missing = 0;
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    socket.on("error", reject);
    socket.on("close", () => resolve(answered));
    socket.on("data", (chunk: Buffer) => {
      // A new answer begins with its head; its length says how many bytes of body follow.
      missing += missing > 0 ? -chunk.length : answerSize(chunk) - chunk.length;
      if (missing > 0) return;
      answered++;
      if (performance.now() < ends) socket.write(request);
      else socket.destroy();
    });
  });
}

function answerSize(chunk: Buffer): number {
  const headEnd = chunk.indexOf("\r\n\r\n");
  const length = /content-length: (\d+)/i.exec(chunk.toString("latin1", 0, headEnd));
  if (headEnd < 0 || !chunk.subarray(0, 12).equals(OK)) throw new Error("no whole head of a 200");
  return headEnd + 4 + Number(length?.[1]);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}
