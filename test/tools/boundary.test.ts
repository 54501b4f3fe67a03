import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { clusterFolder } from "../../cluster/cluster-folder.ts";
import { freePorts } from "../../cluster/launcher/claim-ports.ts";
import { changeMembers } from "../../cluster/membership/change-members.ts";
import { createNewcomer } from "../../cluster/membership/create-newcomer.ts";
import type { Newcomer } from "../../cluster/membership/create-newcomer.ts";
import type { MembershipChange } from "../../cluster/membership/plan-configuration.ts";
import { knownEpochs } from "../../cluster/membership/known-epochs.ts";
import type { Committee, Member } from "../../consensus/committee.ts";
import type { Genesis } from "../../consensus/genesis.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { parseGenesis } from "../../consensus/genesis-file.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { BoundaryLiar } from "./boundary-liar.ts";
import { WRITE_LOOPS, WriteLoad } from "../system/write-load.ts";

/**
 * n = 4 → 7 → 4 with real processes while clients write: at each boundary some old member stands
 * still or lies, and one that lost its promises is replaced in between.
 */
const SPACE = "boundary";
const LIAR = 0;
const AMNESIAC = 2;
const LABEL = "written";
const DEADLINE_MS = 120_000;
/** Many processes on a machine that does something else, too. */
const LOADED_MS = 300_000;

let cluster: LocalCluster;
let genesis: Genesis;
let current: Committee;
let liar: RunningReplica | undefined;
let client: Client;
let operator: Client;
let load: WriteLoad;
const disguise = new BoundaryLiar();
const addresses = new Map<number, string>();
const paused = new Set<number>();

beforeAll(async () => {
  cluster = await LocalCluster.create();
  genesis = parseGenesis(nodeCrypto.hash, cluster.genesis);
  current = genesisCommittee(genesis);
  addresses.set(LIAR, current.members[LIAR]!.address);
  for (const index of [1, 2, 3]) launch(index, current.members[index]!.address);
  liar = await runReplica({ folder: cluster.nodeFolder(LIAR), logLevel: "silent", disguise });
  await Promise.all([1, 2, 3].map(ready));
  const [writer, admin] = ["writer", "operator"].map((name) =>
    readKeyFile(join(cluster.folder, name, "key.json")),
  );
  const text = cluster.genesis;
  client = await connect({ genesis: text, signer: writer, deadlineMs: DEADLINE_MS });
  operator = await connect({ genesis: text, signer: admin, deadlineMs: DEADLINE_MS });
  load = new WriteLoad(client, { namespace: SPACE, label: LABEL, pauseMs: 10 });
}, LOADED_MS);

afterAll(async () => {
  for (const index of paused) signal(index, "SIGCONT");
  await load?.stop().catch(() => undefined);
  await client?.close();
  await operator?.close();
  await liar?.close();
  await cluster?.stop();
}, LOADED_MS);

const processes = new Map<number, number>();

function launch(index: number, address: string): void {
  addresses.set(index, address);
  const { pid } = cluster.launch(index);
  if (pid !== undefined) processes.set(index, pid);
}

function signal(index: number, name: "SIGSTOP" | "SIGCONT"): void {
  process.kill(processes.get(index)!, name);
  if (name === "SIGSTOP") paused.add(index);
  else paused.delete(index);
}

async function readyText(index: number): Promise<string> {
  const headers = { connection: "close" };
  const answer = await fetch(`http://${addresses.get(index)}/readyz`, { headers }).catch(
    () => undefined,
  );
  return answer === undefined ? "unreachable" : answer.ok ? "ready" : answer.text();
}

async function ready(index: number): Promise<void> {
  await eventually(async () => (await readyText(index)) === "ready");
}

async function metricsOf(index: number): Promise<string> {
  const headers = { connection: "close" };
  return (await fetch(`http://${addresses.get(index)}/metrics`, { headers })).text();
}

/** A dozen more of them are answered. */
async function moreWrites(): Promise<void> {
  const goal = load.requests + 12;
  await eventually(() => load.requests >= goal);
}

/** Folders and processes that wait for their admission, numbered on from those that are there. */
async function newcomers(count: number): Promise<readonly Newcomer[]> {
  const folder = clusterFolder(cluster.folder);
  const epochs = await knownEpochs(folder, genesis);
  return (await freePorts("127.0.0.1", count)).map((port) => {
    const newcomer = createNewcomer(folder, `127.0.0.1:${port}`, epochs);
    newcomer.keep();
    launch(addresses.size, newcomer.member.address);
    return newcomer;
  });
}

async function reconfigure(
  change: Partial<MembershipChange>,
  joining: readonly Newcomer[] = [],
): Promise<void> {
  const add = joining.map(({ member }) => member);
  const whole = { remove: [], faultyMax: undefined, ...change, add };
  const next = await changeMembers(operator, current, whole, {
    joining: joining.map(({ key }) => key),
    deadlineMs: DEADLINE_MS,
    onDecided: () => undefined,
  });
  current = { ...next, clusterId: current.clusterId };
  await eventually(() => client.status().epoch === current.epoch);
}

function memberOf(index: number): Member {
  return current.members.find(({ address }) => address === addresses.get(index))!;
}

describe("four become seven and four again, while clients write", () => {
  it(
    "grows to seven while one old member stands still, which comes after when it goes on",
    async () => {
      await moreWrites();
      signal(3, "SIGSTOP");
      await reconfigure({}, await newcomers(3));
      await Promise.all([4, 5, 6].map(ready));
      await moreWrites();
      signal(3, "SIGCONT");
      await ready(3);
      expect(current).toMatchObject({ epoch: 1, faultyMax: 2 });
    },
    LOADED_MS,
  );

  it(
    "puts a new replica in an amnesiac's place while another member lies at the boundary",
    async () => {
      disguise.lies = true;
      await cluster.kill(AMNESIAC);
      rmSync(folderLayout(cluster.nodeFolder(AMNESIAC)).promises, { recursive: true });
      launch(AMNESIAC, addresses.get(AMNESIAC)!);
      await eventually(async () => (await readyText(AMNESIAC)).includes("amnesiac"));
      const [fresh] = await newcomers(1);
      await reconfigure({ remove: [memberOf(AMNESIAC).publicKey] }, [fresh!]);
      await ready(7);
      await moreWrites();
      await eventuallyText(AMNESIAC, "no member any more since epoch 2");
    },
    LOADED_MS,
  );

  it(
    "shrinks to four while one that leaves stands still and another lies",
    async () => {
      signal(5, "SIGSTOP");
      const remove = [1, 3, 5].map((index) => memberOf(index).publicKey);
      await reconfigure({ remove, faultyMax: 1 });
      await moreWrites();
      signal(5, "SIGCONT");
      await eventuallyText(5, "no member any more since epoch 3");
      for (const index of [1, 3]) await eventuallyText(index, "no member any more since epoch 3");
      await Promise.all([4, 6, 7].map(ready));
    },
    LOADED_MS,
  );

  it(
    "lost no write, believed nothing of an epoch that is over, and came to one root",
    async () => {
      await moreWrites();
      await load.stop();
      console.log(load.summary());
      for (const lie of ["root", "old-heartbeat", "old-statement"] as const) {
        expect(disguise.told[lie], lie).toBeGreaterThan(0);
      }
      for (const index of [4, 6, 7]) {
        expect(await metricsOf(index)).toMatch(/another epoch|outside its epoch/);
      }
      for (const loop of WRITE_LOOPS) {
        const got = await client.get(SPACE, `${LABEL}-${loop}-0`, { kind: "linearizable" });
        expect(got.status).toBe("hit");
      }
      let places: readonly string[] = [];
      await eventually(async () => {
        places = await placesOf([4, 6, 7]);
        return new Set(places).size === 1;
      });
      expect(places).toHaveLength(3);
    },
    LOADED_MS,
  );
});

/** Where each of them is, and with which root. */
async function placesOf(indexes: readonly number[]): Promise<readonly string[]> {
  const told = await client.replicaStatus();
  return indexes.map((index) => {
    const place = current.members.findIndex(({ address }) => address === addresses.get(index));
    const { sequence, stateRoot } = JSON.parse(told[place] ?? "{}") as Record<string, unknown>;
    return `${String(sequence)} ${String(stateRoot)}`;
  });
}

async function eventuallyText(index: number, part: string): Promise<void> {
  await eventually(async () => (await readyText(index)).includes(part));
}
