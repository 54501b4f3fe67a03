import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { createCluster } from "../../cluster/init/create-cluster.ts";
import {
  nextConfiguration,
  reconfigureOperation,
} from "../../cluster/membership/plan-configuration.ts";
import type { MembershipChange } from "../../cluster/membership/plan-configuration.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { createReplicaFolder, createReplicaKey } from "../../node/create-folder.ts";
import type { Disguise } from "../../node/disguise.ts";
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { freePorts } from "../../node/testing/test-cluster.ts";

/** Four founders, and whoever joins them: real replicas, one process, real sockets and disks. */
export class EpochCluster {
  readonly folder: string;
  readonly genesis: string;
  readonly replicas: Map<string, RunningReplica> = new Map();
  readonly #keys: { readonly writer: string; readonly operator: string };
  /** The newest configuration that was ordered here. */
  current: Committee;
  client!: Client;
  operator!: Client;

  private constructor(folder: string, ports: readonly number[]) {
    this.folder = folder;
    const created = createCluster({
      folder: join(folder, "cluster"),
      addresses: ports.map((port) => `127.0.0.1:${port}`),
      nowMs: Date.now(),
    });
    this.genesis = readFileSync(created.clusterFile, "utf8");
    this.current = genesisCommittee(parseGenesis(nodeCrypto.hash, this.genesis));
    this.#keys = { writer: created.writerKey, operator: created.operatorKey };
  }

  /** Folders; nothing runs yet. */
  static async create(): Promise<EpochCluster> {
    const folder = mkdtempSync(join(tmpdir(), "quorate-epochs-"));
    return new EpochCluster(folder, await freePorts(4));
  }

  /** All founders and two clients. */
  async start(disguises: ReadonlyMap<string, Disguise> = new Map()): Promise<void> {
    const names = [0, 1, 2, 3].map((index) => `node-${index}`);
    await Promise.all(names.map((name) => this.run(name, disguises.get(name))));
    const { genesis } = this;
    const signer = readKeyFile(this.#keys.writer);
    this.client = await connect({ genesis, signer, deadlineMs: 60_000 });
    const operator = readKeyFile(this.#keys.operator);
    this.operator = await connect({ genesis, signer: operator, deadlineMs: 60_000 });
  }

  async run(name: string, disguise?: Disguise): Promise<RunningReplica> {
    const replica = await runReplica({
      folder: this.path(name),
      logLevel: process.env["QUORATE_TEST_LOG"] ?? "silent",
      ...(disguise === undefined ? {} : { disguise }),
    });
    this.replicas.set(name, replica);
    return replica;
  }

  path(name: string): string {
    return join(this.folder, "cluster", name);
  }

  replica(name: string): RunningReplica {
    const replica = this.replicas.get(name);
    if (replica === undefined) throw new Error(`${name} does not run`);
    return replica;
  }

  addressOf(name: string): string {
    const { host, port } = this.replica(name).address;
    return `${host}:${port}`;
  }

  /** One who was not there at genesis, and its process, which waits to be admitted. */
  async newcomer(name: string): Promise<{ readonly key: SigningKey; readonly member: Member }> {
    const [port] = await freePorts(1);
    const address = `127.0.0.1:${port}`;
    const key = createReplicaKey(this.path(name));
    createReplicaFolder(this.path(name), { cluster: this.genesis, listen: address });
    await this.run(name);
    return { key, member: { publicKey: key.publicKey, address } };
  }

  /** Ordered; it begins by itself. */
  async order(
    change: Partial<MembershipChange>,
    joining: readonly SigningKey[] = [],
  ): Promise<void> {
    const whole = { add: [], remove: [], faultyMax: undefined, ...change };
    const next = nextConfiguration(this.current, whole);
    await this.operator.administer("", reconfigureOperation(this.current, next, joining));
    this.current = { ...next, clusterId: this.current.clusterId };
  }

  /** Ordered, and begun as far as the writing client sees it. */
  async reconfigure(
    change: Partial<MembershipChange>,
    joining: readonly SigningKey[] = [],
  ): Promise<void> {
    await this.order(change, joining);
    await eventually(() => this.client.status().epoch === this.current.epoch);
  }

  async stop(name: string): Promise<void> {
    await this.replicas.get(name)?.close();
    this.replicas.delete(name);
  }

  async close(): Promise<void> {
    await this.client?.close();
    await this.operator?.close();
    for (const replica of this.replicas.values()) await replica.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
