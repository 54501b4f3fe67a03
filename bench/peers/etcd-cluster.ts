import { execFileSync, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Three nodes of Debian's etcd on loopback with their data on the same disk as ours, and the Go
 * load program beside this file. etcd does not tolerate a lying node; it is the peer because it is
 * what people would take instead.
 */
export interface EtcdLoad {
  readonly mode: string;
  readonly writes: number;
  readonly errors: number;
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestGapMs: number;
}

const NODE_COUNT = 3;
const START_MS_MAX = 20_000;
const STOP_MS_MAX = 5_000;

export class EtcdCluster {
  readonly #folder: string;
  readonly #nodes: ChildProcess[];
  readonly #clientPorts: readonly number[];
  readonly #loader: string;

  private constructor(
    folder: string,
    nodes: ChildProcess[],
    clientPorts: readonly number[],
    loader: string,
  ) {
    this.#folder = folder;
    this.#nodes = nodes;
    this.#clientPorts = clientPorts;
    this.#loader = loader;
  }

  /** Why the peer cannot run on this machine, or undefined. */
  static lacking(): string | undefined {
    if (!existsSync("/usr/bin/etcd")) return "etcd: npm run packages (as root on Debian)";
    try {
      execFileSync("go", ["version"], { stdio: "ignore" });
    } catch {
      return "go: any toolchain from 1.22 on, for the load program";
    }
    return undefined;
  }

  static async start(): Promise<EtcdCluster> {
    const folder = mkdtempSync(join(tmpdir(), "quorate-etcd-"));
    const loader = join(folder, "load");
    const here = dirname(fileURLToPath(import.meta.url)).replace("/dist/bench/", "/bench/");
    execFileSync("go", ["build", "-o", loader, "."], {
      cwd: join(here, "etcd"),
      stdio: ["ignore", "ignore", "inherit"],
    });
    const ports = await freePorts(2 * NODE_COUNT);
    const clientPorts = ports.slice(0, NODE_COUNT);
    const peerUrls = ports.slice(NODE_COUNT).map((port) => `http://127.0.0.1:${port}`);
    const members = peerUrls.map((url, index) => `n${index}=${url}`).join(",");
    const nodes = clientPorts.map((port, index) =>
      startNode(folder, index, `http://127.0.0.1:${port}`, peerUrls[index] as string, members),
    );
    const cluster = new EtcdCluster(folder, nodes, clientPorts, loader);
    await cluster.#healthy();
    return cluster;
  }

  get endpoints(): string {
    return this.#clientPorts.map((port) => `127.0.0.1:${port}`).join(",");
  }

  get pids(): readonly number[] {
    return this.#nodes.map((node) => node.pid as number);
  }

  /** Runs the load program to its end. */
  load(args: readonly string[]): Promise<EtcdLoad> {
    const child = spawn(this.#loader, [`--endpoints=${this.endpoints}`, ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (text += part));
    return new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) =>
        code === 0
          ? resolve(JSON.parse(text) as EtcdLoad)
          : reject(new Error(`the etcd load program ended with ${code}`)),
      );
    });
  }

  /** SIGKILL for the node that leads now. */
  killLeader(): void {
    this.signalLeader("SIGKILL");
  }

  /** Answers whom it hit. */
  signalLeader(signal: NodeJS.Signals): ChildProcess | undefined {
    for (const [index, port] of this.#clientPorts.entries()) {
      const status = execFileSync(
        "etcdctl",
        ["--endpoints", `127.0.0.1:${port}`, "endpoint", "status", "-w", "json"],
        { env: { ...process.env, ETCDCTL_API: "3" }, encoding: "utf8" },
      );
      const [{ Status }] = JSON.parse(status) as [
        { Status: { header: { member_id: number }; leader: number } },
      ];
      if (Status.header.member_id !== Status.leader) continue;
      this.#nodes[index]?.kill(signal);
      return this.#nodes[index];
    }
    return undefined;
  }

  async stop(): Promise<void> {
    await Promise.all(
      this.#nodes.map(async (node) => {
        if (node.exitCode !== null || node.signalCode !== null) return;
        const ended = new Promise((resolve) => node.once("exit", resolve));
        node.kill("SIGTERM");
        const timer = setTimeout(() => node.kill("SIGKILL"), STOP_MS_MAX);
        await ended;
        clearTimeout(timer);
      }),
    );
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #healthy(): Promise<void> {
    const deadline = Date.now() + START_MS_MAX;
    for (const port of this.#clientPorts) {
      for (;;) {
        const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
        if (answer?.ok === true) break;
        if (Date.now() > deadline) throw new Error("etcd did not become healthy");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }
}

function startNode(
  folder: string,
  index: number,
  clientUrl: string,
  peerUrl: string,
  members: string,
): ChildProcess {
  return spawn(
    "etcd",
    [
      ...["--name", `n${index}`, "--data-dir", join(folder, `n${index}`)],
      ...["--listen-client-urls", clientUrl, "--advertise-client-urls", clientUrl],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", members, "--initial-cluster-state", "new"],
      ...["--log-level", "error", "--quota-backend-bytes", String(8 * 1024 ** 3)],
    ],
    { stdio: "ignore" },
  );
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
