import { connect as openSocket } from "node:net";
import type { Socket } from "node:net";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { readKeyFile } from "../base/host/key-file.ts";
import { connect } from "../client/connect.ts";
import type { Client } from "../client/types.ts";
import { runGateway } from "../client/gateway/run-gateway.ts";
import { LocalCluster } from "./harness/local-cluster.ts";
import { median, quantile } from "./harness/machine-load.ts";
import { verdict } from "./harness/verdict.ts";

/**
 * What one lookup takes at a gateway beside four real replicas, one request at a time: cold (both
 * caches empty, the root followed), from the disk, a certified miss, and the first after the root
 * has moved. Exit 1 when a cold lookup's median is three times a disk hit's or more, or when the
 * slowest in a hundred of any kind takes 10 ms.
 */
const COUNT = Number(process.env["BENCH_COUNT"] ?? 1000);
/** Asked before anything is measured: a process that has just started runs uncompiled code. */
const WARM_UP_COUNT = 3000;
const NEW_ROOT_COUNT = 100;
const VALUE_BYTES = 1024;
const PUTS_AT_ONCE = 256;

const COLD_TO_DISK_RATIO_MAX = 3;
const P99_MS_MAX = 10;

interface Asked {
  readonly port: number;
  readonly paths: readonly string[];
}

interface Answered {
  readonly status: number;
  readonly certainty: string;
  readonly ms: number;
}

async function main(): Promise<void> {
  const cluster = await LocalCluster.start();
  const folder = mkdtempSync(join(tmpdir(), "quorate-bench-lookups-"));
  const signer = readKeyFile(join(cluster.folder, "writer", "key.json"));
  const client = await connect({ genesis: cluster.genesis, signer });
  // Room for rows and for no value: what was asked once is answered from the disk.
  const gateway = await runGateway({ genesis: cluster.genesis, folder, memoryBytesMax: 64 });
  try {
    const names = Array.from({ length: COUNT }, (_, index) => `key-${index}`);
    const warmUp = Array.from({ length: WARM_UP_COUNT }, (_, index) => `warm-${index}`);
    await putAll(client, [...names, ...warmUp]);
    await settled(gateway.port);
    for (let round = 0; round < 2; round++) {
      await ask({ port: gateway.port, paths: warmUp.map(pathOf) });
    }
    const paths = names.map(pathOf);
    const cold = await ask({ port: gateway.port, paths });
    const disk = await ask({ port: gateway.port, paths });
    const misses = await ask({
      port: gateway.port,
      paths: names.map((name) => `${pathOf(name)}-not`),
    });
    const moved = await afterNewRoots(client, gateway.port);
    demand(cold, 200, "certified");
    demand(disk, 200, "certified");
    demand(misses, 404, "");
    report({ cold, disk, misses, moved });
  } finally {
    await gateway.close();
    await client.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function report(kinds: Readonly<Record<string, readonly Answered[]>>): void {
  const figures = Object.entries(kinds).map(([kind, answers]) => {
    const times = answers.map(({ ms }) => ms);
    return [kind, { p50Ms: median(times), p99Ms: quantile(times, 0.99) }] as const;
  });
  const of = Object.fromEntries(figures);
  console.log(JSON.stringify({ lookups: COUNT, valueBytes: VALUE_BYTES, ...of }, undefined, 2));
  const ratio = (of["cold"]?.p50Ms ?? Number.NaN) / (of["disk"]?.p50Ms ?? Number.NaN);
  verdict("cold certified GET, p50, ratio to a disk hit", ratio, "at most", COLD_TO_DISK_RATIO_MAX);
  for (const kind of ["cold", "disk", "misses"]) {
    verdict(`${kind}, p99, ms`, of[kind]?.p99Ms ?? Number.NaN, "at most", P99_MS_MAX);
  }
  console.log(`first GET under a new root, p50, ms: ${of["moved"]?.p50Ms.toFixed(2)} (no bar)`);
}

async function putAll(client: Client, names: readonly string[]): Promise<void> {
  for (let from = 0; from < names.length; from += PUTS_AT_ONCE) {
    const some = names.slice(from, from + PUTS_AT_ONCE);
    await Promise.all(some.map((name) => client.put("bench", name, randomBytes(VALUE_BYTES))));
  }
}

/** The gateway has caught up with the root under which everything was put. */
async function settled(port: number): Promise<void> {
  for (let round = 0; round < 100; round++) {
    const [answer] = await ask({ port, paths: [pathOf("never-put")] });
    if (answer?.status === 404) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
}

/** Each: another entry is certified, and then at once asked for. */
async function afterNewRoots(client: Client, port: number): Promise<Answered[]> {
  const answers: Answered[] = [];
  const open = await OneConnection.open(port);
  for (let index = 0; index < NEW_ROOT_COUNT; index++) {
    await putAll(client, [`moved-${index}`]);
    answers.push(await open.get(pathOf(`moved-${index}`)));
  }
  open.close();
  return answers;
}

function demand(answers: readonly Answered[], status: number, certainty: string): void {
  const other = answers.find((one) => one.status !== status || one.certainty !== certainty);
  if (other !== undefined) throw new Error(`not what was to be measured: ${JSON.stringify(other)}`);
}

function pathOf(name: string): string {
  return `/cache/bench/${name}`;
}

/** From a thread of its own, so that asking costs the gateway nothing. */
function ask(asked: Asked): Promise<Answered[]> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: asked });
    worker.once("message", (answers: Answered[]) => resolve(answers));
    worker.once("error", reject);
  });
}

async function askAll({ port, paths }: Asked): Promise<Answered[]> {
  const connection = await OneConnection.open(port);
  const answers: Answered[] = [];
  for (const path of paths) answers.push(await connection.get(path));
  connection.close();
  return answers;
}

/** A bare socket: an HTTP client would add more than a disk hit takes. */
class OneConnection {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static open(port: number): Promise<OneConnection> {
    return new Promise((resolve, reject) => {
      const socket = openSocket(port, "127.0.0.1", () => resolve(new OneConnection(socket)));
      socket.setNoDelay(true);
      socket.once("error", reject);
    });
  }

  get(path: string): Promise<Answered> {
    const begin = performance.now();
    return new Promise((resolve, reject) => {
      let received = Buffer.alloc(0);
      const onData = (chunk: Buffer): void => {
        received = Buffer.concat([received, chunk]);
        const headEnd = received.indexOf("\r\n\r\n");
        if (headEnd < 0) return;
        const head = received.toString("latin1", 0, headEnd);
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
        if (received.length < headEnd + 4 + length) return;
        this.#socket.off("data", onData);
        this.#socket.off("error", reject);
        const certainty = /x-quorate-certainty: (\w+)/i.exec(head)?.[1] ?? "";
        resolve({ status: Number(head.slice(9, 12)), certainty, ms: performance.now() - begin });
      };
      this.#socket.on("data", onData);
      this.#socket.once("error", reject);
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }
}

if (isMainThread) await main();
else (parentPort as MessagePort).postMessage(await askAll(workerData as Asked), []);
