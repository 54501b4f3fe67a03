import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ENGINE_OPTIONS } from "../../cluster/launcher/engine-options.ts";
import { freePortRun } from "./free-ports.ts";

/**
 * Replicas as a person would run them on one machine, `quorate init` and one `quorate node` each,
 * with the engine set as the launcher sets it, but without the launcher: whoever uses this wants to
 * kill and restart them by hand.
 */
export interface LocalClusterOptions {
  readonly replicaCount?: number;
  /** Parent of the cluster's folder; the system's temporary folder when absent. */
  readonly parent?: string;
}

const READY_MS_MAX = 30_000;
const STOP_MS_MAX = 5_000;

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url)))).replace(/\/dist$/, "");
export const QUORATE = join(root, "bin/quorate.js");

export class LocalCluster {
  readonly folder: string;
  readonly basePort: number;
  readonly replicaCount: number;
  readonly #children: (ChildProcess | undefined)[];

  private constructor(folder: string, basePort: number, replicaCount: number) {
    this.folder = folder;
    this.basePort = basePort;
    this.replicaCount = replicaCount;
    this.#children = Array.from({ length: replicaCount });
  }

  static async start(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const cluster = await LocalCluster.create(options);
    try {
      await cluster.startAll();
    } catch (error) {
      // Nobody else has a hold of those that did start.
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  /** Only the folders: for those who run a replica of it in another way. */
  static async create(options: LocalClusterOptions = {}): Promise<LocalCluster> {
    const count = options.replicaCount ?? 4;
    const parent = mkdtempSync(join(options.parent ?? tmpdir(), "quorate-cluster-"));
    const folder = join(parent, "cluster");
    const basePort = await freePortRun(count);
    const shape = ["--replicas", String(count), "--base-port", String(basePort)];
    execFileSync(process.execPath, [QUORATE, "init", "--dir", folder, ...shape], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new LocalCluster(folder, basePort, count);
  }

  get clusterFile(): string {
    return join(this.folder, "cluster.json");
  }

  get genesis(): string {
    return readFileSync(this.clusterFile, "utf8");
  }

  get pids(): readonly number[] {
    return this.#children.flatMap((child) => (child?.pid === undefined ? [] : [child.pid]));
  }

  nodeFolder(index: number): string {
    return join(this.folder, `node-${index}`);
  }

  url(index: number, path: string): string {
    return `http://127.0.0.1:${this.basePort + index}${path}`;
  }

  /** On a connection of its own: a kept one may be closed by the replica just as it is used. */
  get(index: number, path: string): Promise<Response> {
    return fetch(this.url(index, path), { headers: { connection: "close" } });
  }

  /** Starts one replica; does not wait for it. */
  launch(index: number, command: readonly string[] = [QUORATE, "node", "--dir"]): ChildProcess {
    const child = spawn(process.execPath, [...ENGINE_OPTIONS, ...command, this.nodeFolder(index)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log = createWriteStream(join(this.folder, `node-${index}.log`), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once("close", () => log.end());
    this.#children[index] = child;
    return child;
  }

  async startAll(indexes: readonly number[] = [...this.#children.keys()]): Promise<void> {
    for (const index of indexes) this.launch(index);
    await Promise.all(indexes.map((index) => this.ready(index)));
  }

  /** Resolves once the replica says that it is ready to serve. */
  async ready(index: number, path = "/readyz"): Promise<void> {
    const deadline = Date.now() + READY_MS_MAX;
    for (;;) {
      const answer = await this.get(index, path).catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      if (answer?.ok === true) return;
      if (Date.now() > deadline)
        throw new Error(`replica ${index} is not ready: ${this.log(index)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  log(index: number): string {
    return readFileSync(join(this.folder, `node-${index}.log`), "utf8").slice(-4000);
  }

  /** One number of a replica's /metrics, summed over its labels. */
  async metric(index: number, name: string): Promise<number> {
    const text = await (await this.get(index, "/metrics")).text();
    let sum = 0;
    for (const line of text.split("\n")) {
      if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) {
        sum += Number(line.slice(line.lastIndexOf(" ") + 1));
      }
    }
    return sum;
  }

  /** Resolves with the exit code of the replica that runs now; null: a signal ended it. */
  async ended(index: number): Promise<number | null> {
    const child = this.#children[index];
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? null;
    }
    return await new Promise((resolve) => child.once("exit", (code) => resolve(code)));
  }

  /** SIGKILL, and waits until it is gone. */
  async kill(index: number): Promise<void> {
    await endChild(this.#children[index], "SIGKILL");
    this.#children[index] = undefined;
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#children.map((_, index) => this.kill(index)));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map((child) => endChild(child, "SIGTERM")));
    rmSync(dirname(this.folder), { recursive: true, force: true });
  }
}

async function endChild(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}
