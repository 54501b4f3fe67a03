import { mkdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { compareBytes } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { formatGenesis, parseGenesis } from "../../consensus/genesis-file.ts";
import { faultyMaxAtGenesis } from "../../consensus/committee.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { createReplicaFolder, createReplicaKey } from "../create-folder.ts";
import { runReplica } from "../run-replica.ts";
import type { RunningReplica, RunReplicaOptions } from "../run-replica.ts";
import { eventually } from "./eventually.ts";

/** Replicas in one process, with real sockets, real LMDB and real files. */
export class TestCluster {
  readonly folder: string;
  readonly genesis: Genesis;
  readonly writers: readonly SigningKey[];
  readonly replicas: (RunningReplica | undefined)[];
  readonly fatal: unknown[] = [];

  private constructor(folder: string, genesis: Genesis, writers: readonly SigningKey[]) {
    this.folder = folder;
    this.genesis = genesis;
    this.writers = writers;
    this.replicas = genesis.members.map(() => undefined);
  }

  /** Folders and genesis; nothing runs yet. */
  static async create(
    folder: string,
    options: {
      readonly replicaCount?: number;
      readonly writerCount?: number;
      readonly isSecure?: (index: number) => boolean;
    } = {},
  ): Promise<TestCluster> {
    const count = options.replicaCount ?? 4;
    const ports = await freePorts(count);
    const nodes = ports.map((_, index) => join(folder, `node-${index}`));
    mkdirSync(folder, { recursive: true });
    const keys = nodes.map((node) => createReplicaKey(node));
    const writers = Array.from({ length: options.writerCount ?? 1 }, () => signingKey(newSeed()));
    const sorted = writers.toSorted((left, right) => compareBytes(left.publicKey, right.publicKey));
    const cluster = formatGenesis({
      name: "test",
      members: keys.map(({ publicKey }, index) => ({
        publicKey,
        address: `${options.isSecure?.(index) === true ? "tls://" : ""}127.0.0.1:${ports[index]}`,
      })),
      faultyMax: faultyMaxAtGenesis(count),
      writers: sorted.map(({ publicKey }, index) => ({
        publicKey,
        operator: `operator-${index}`,
        namespaces: ["*"],
        administrator: index === 0,
      })),
      namespaces: [],
      time: hlcFromMs(Date.now()),
    });
    for (const [index, node] of nodes.entries()) createReplicaFolder(node, { index, cluster });
    return new TestCluster(folder, parseGenesis(nodeCrypto.hash, cluster), sorted);
  }

  nodeFolder(index: number): string {
    return join(this.folder, `node-${index}`);
  }

  address(index: number): string {
    return this.genesis.members[index]?.address ?? "";
  }

  async start(index: number, options: Partial<RunReplicaOptions> = {}): Promise<RunningReplica> {
    const replica = await runReplica({
      folder: this.nodeFolder(index),
      logLevel: process.env["QUORATE_TEST_LOG"] ?? "silent",
      onFatal: (error) => this.fatal.push(error),
      ...options,
    });
    this.replicas[index] = replica;
    return replica;
  }

  async startAll(): Promise<void> {
    for (const index of this.genesis.members.keys()) await this.start(index);
    await this.ready();
  }

  async ready(indexes: readonly number[] = [...this.genesis.members.keys()]): Promise<void> {
    await eventually(() => indexes.every((index) => this.replicas[index]?.status().ready === true));
  }

  async stop(index: number): Promise<void> {
    await this.replicas[index]?.close();
    this.replicas[index] = undefined;
  }

  async stopAll(): Promise<void> {
    for (const index of this.replicas.keys()) await this.stop(index);
  }

  /** Waits until these replicas show one root at one sequence, at least `sequence`. */
  async agree(
    sequence = 0,
    indexes: readonly number[] = [...this.genesis.members.keys()],
  ): Promise<void> {
    await eventually(() => {
      const statuses = indexes.map((index) => this.replicas[index]?.status());
      const roots = new Set(statuses.map((status) => `${status?.sequence} ${status?.stateRoot}`));
      return roots.size === 1 && (statuses[0]?.sequence ?? -1) >= sequence;
    });
  }
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) =>
          server.listen(0, "127.0.0.1", () => {
            const address = server.address();
            resolve(typeof address === "object" && address !== null ? address.port : 0);
          }),
        ),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
