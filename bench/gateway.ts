import { createServer, get, Agent } from "node:http";
import type { Server } from "node:http";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
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
else parentPort?.postMessage(await load(workerData as Load));

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

/** Requests answered in a second. */
async function load({ port, path, ms, connections }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const ends = performance.now() + ms;
  let answered = 0;
  const one = (): Promise<void> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, path, agent }, (response) => {
        if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
        response.on("end", resolve);
        response.resume();
      }).on("error", reject);
    });
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (performance.now() < ends) {
        await one();
        answered++;
      }
    }),
  );
  agent.destroy();
  return (answered * 1000) / (performance.now() - started);
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? 0;
}
