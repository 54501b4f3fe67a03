import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { invariant } from "../../base/assert.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { clusterFolder } from "../../cluster/cluster-folder.ts";
import type { ClusterFolder } from "../../cluster/cluster-folder.ts";
import { createCluster } from "../../cluster/init/create-cluster.ts";
import { readGenesisFile } from "../../cluster/read-genesis.ts";
import { askReplica, isAnswer } from "../../cluster/status/ask-replica.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { createReplicaFolder, createReplicaKey } from "../../node/create-folder.ts";
import type { ReplicaStatus } from "../../node/status.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Network } from "../network/network.ts";
import { LIAR, QUORATE } from "./programs.ts";
import { Seating } from "./seating.ts";

/** How one replica is started; a fault may change it before that. */
export interface ReplicaSettings {
  /** Stands before the command, behind the network's own. */
  prefix: readonly string[];
  environment: Readonly<Record<string, string>>;
  nodeOptions: readonly string[];
  /** How it lies; undefined: it is honest. */
  lies: string | undefined;
}

const READY_MS_MAX = 120_000;
const STOP_MS_MAX = 8_000;
const ASK_MS_MAX = 2_000;
/** The newest, and the one that a replica may still be in. */
const EPOCHS_ASKED_MAX = 2;
/** Of a run of seconds: what it may keep of its own history. */
const JOURNAL_MIB = "16";

/** A cluster of its own for one run: real processes that whoever holds this starts, hurts and ends. */
export class ChaosCluster {
  readonly folder: ClusterFolder;
  /** At genesis. */
  readonly replicaCount: number;
  readonly network: Network;
  readonly genesis: string;
  readonly seating: Seating;
  readonly settings: readonly ReplicaSettings[];
  readonly #ledger: Ledger;
  readonly #children: (ChildProcess | undefined)[];
  readonly #toldCounts: number[] = [];

  private constructor(folder: ClusterFolder, network: Network, ledger: Ledger) {
    this.folder = folder;
    this.network = network;
    const { text, genesis } = readGenesisFile(folder.clusterFile);
    this.genesis = text;
    this.seating = new Seating(genesisCommittee(genesis));
    this.replicaCount = this.committee.members.length;
    this.#ledger = ledger;
    this.#children = network.seats.map(() => undefined);
    this.settings = network.seats.map(() => ({
      prefix: [],
      environment: {},
      nodeOptions: [],
      lies: undefined,
    }));
  }

  /** Makes the founders' folders; starts nothing. Further seats are for who joins. */
  static create(network: Network, ledger: Ledger, founderCount: number): ChaosCluster {
    const folder = clusterFolder(join(ledger.folder, "cluster"));
    const founders = network.seats.slice(0, founderCount);
    const addresses = founders.map(({ address }) => address);
    createCluster({ folder: folder.root, addresses, nowMs: Date.now() });
    for (const [index, { listen }] of founders.entries()) {
      const file = join(folder.nodeFolder(index), "node.json");
      const node = JSON.parse(readFileSync(file, "utf8")) as object;
      writeFileSync(file, `${JSON.stringify({ ...node, listen })}\n`);
    }
    return new ChaosCluster(folder, network, ledger);
  }

  /** Of the newest configuration that was ordered here. */
  get committee(): Committee {
    return this.seating.newest;
  }

  /** Seats of its members. A founder's seat is his index at genesis. */
  get indexes(): readonly number[] {
    return this.seating.seats;
  }

  /** Makes the folder of one who was not there at genesis, at the next seat; starts nothing. */
  newcomer(): { readonly index: number; readonly key: SigningKey; readonly member: Member } {
    const next = this.#children.findIndex((_, seat) => !existsSync(this.folder.nodeFolder(seat)));
    const seat = this.network.seats[next];
    invariant(seat !== undefined, "an experiment says how many will join", {});
    const path = this.folder.nodeFolder(next);
    const key = createReplicaKey(path);
    createReplicaFolder(path, { cluster: this.genesis, listen: seat.listen });
    const index = this.seating.join(key.publicKey);
    return { index, key, member: { publicKey: key.publicKey, address: seat.address } };
  }

  /** Undefined: it does not run. */
  pid(index: number): number | undefined {
    const child = this.#children[index];
    return child === undefined || hasEnded(child) ? undefined : child.pid;
  }

  /** Starts one replica; does not wait for it. It ends when this process does, however that ends. */
  launch(index: number): void {
    const { prefix, environment, nodeOptions, lies } = this.settings[index]!;
    const folder = this.folder.nodeFolder(index);
    const program =
      lies === undefined
        ? [QUORATE, "node", "--dir", folder, "--journal", JOURNAL_MIB]
        : [LIAR, folder, lies];
    const [command, ...args] = [
      ...this.network.seats[index]!.prefix,
      ...prefix,
      process.execPath,
      ...nodeOptions,
      ...program,
    ];
    const child = spawn(command!, args, {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      // A group of its own: Ctrl-C is for whoever heals, and these end with the channel.
      detached: true,
      env: { ...process.env, ...environment },
    });
    this.#ledger.noteProcess(child.pid);
    const log = createWriteStream(this.#logFile(index), { flags: "a" });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.once("close", () => log.end());
    child.on("error", () => undefined);
    child.on("message", (message) => {
      const { told = 0 } = message as { readonly told?: number };
      this.#toldCounts[index] = Math.max(told, this.#toldCounts[index] ?? 0);
    });
    this.#children[index] = child;
  }

  async startAll(indexes: readonly number[] = this.indexes): Promise<void> {
    for (const index of indexes) this.launch(index);
    for (const index of indexes) await this.ready(index);
  }

  /** Resolves once the replica says that it is ready to serve. */
  async ready(index: number): Promise<void> {
    await this.until(index, `replica ${index} is ready`, (status) => status.ready);
  }

  /** Waits until a replica's own account of itself is as wanted. */
  async until(
    index: number,
    what: string,
    holds: (status: ReplicaStatus) => boolean,
    msMax: number = READY_MS_MAX,
  ): Promise<ReplicaStatus> {
    const deadline = Date.now() + msMax;
    for (;;) {
      const status = await this.status(index);
      if (status !== undefined && holds(status)) return status;
      if (Date.now() > deadline) throw new Error(`not so in time: ${what}\n${this.log(index)}`);
      await sleep(25);
    }
  }

  /** Its own account of itself; undefined: it says nothing. */
  async status(index: number): Promise<ReplicaStatus | undefined> {
    const { listen } = this.network.seats[index]!;
    // It proves itself as a member of the epoch that it is in, which may not be the newest yet.
    for (const committee of this.seating.committees.slice(0, EPOCHS_ASKED_MAX)) {
      const member = this.seating.memberAt(index, committee);
      if (member === undefined) continue;
      // Past any proxy: what is asked here is no part of the experiment.
      const answer = await askReplica(committee, { ...member, address: listen }, ASK_MS_MAX);
      if (isAnswer(answer)) return answer;
    }
    return undefined;
  }

  /** Whom most replicas that answer call the primary. */
  async primary(): Promise<number> {
    for (;;) {
      const all = await Promise.all(this.indexes.map((index) => this.status(index)));
      const known = all.filter((status) => status !== undefined);
      const newest = known.sort((a, b) => b.epoch - a.epoch || b.view - a.view)[0];
      const seat = newest && this.seating.seatOf(newest.epoch, newest.primary);
      if (seat !== undefined) return seat;
      await sleep(25);
    }
  }

  async get(index: number, path: string): Promise<string | undefined> {
    const bytes = await this.fetch(index, path);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  }

  async fetch(index: number, path: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await fetch(`http://${this.network.seats[index]!.listen}${path}`, {
        headers: { connection: "close" },
        signal: AbortSignal.timeout(ASK_MS_MAX),
      });
      const bytes = new Uint8Array(await answer.arrayBuffer());
      return answer.ok ? bytes : undefined;
    } catch {
      return undefined;
    }
  }

  log(index: number): string {
    try {
      return readFileSync(this.#logFile(index), "utf8").slice(-4000);
    } catch {
      return "";
    }
  }

  /** To a liar. */
  tell(index: number, text: "lie" | "be honest"): void {
    this.#children[index]?.send(text);
  }

  /** How often a liar has lied, by its own account. */
  toldCount(index: number): number {
    return this.#toldCounts[index] ?? 0;
  }

  signal(index: number, signal: NodeJS.Signals): void {
    const child = this.#children[index];
    if (child !== undefined && !hasEnded(child)) child.kill(signal);
  }

  /** Ends it, by SIGKILL when the signal does not, and waits until it is gone. */
  async end(index: number, signal: NodeJS.Signals): Promise<void> {
    const child = this.#children[index];
    if (child === undefined || hasEnded(child)) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    await ended;
    clearTimeout(timer);
  }

  async endAll(signal: NodeJS.Signals): Promise<void> {
    await Promise.all(this.#children.map((_, seat) => this.end(seat, signal)));
  }

  #logFile(index: number): string {
    return join(this.folder.root, `node-${index}.log`);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
