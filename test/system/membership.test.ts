import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import type { SigningKey } from "../../base/host/signing-key.ts";
import { utf8 } from "../../base/bytes.ts";
import type { Hlc } from "../../base/types.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { verifyReceipt } from "../../client/receipt/verify-receipt.ts";
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
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { freePorts } from "../../node/testing/test-cluster.ts";

/** Members come and go while clients write: real replicas, one process, real sockets and disks. */

let folder = "";
let genesis = "";
let current: Committee;
let client: Client;
let operator: Client;
/** A moment of the first epoch. */
let genesisEpoch: Hlc;
const replicas = new Map<string, RunningReplica>();

async function start(name: string): Promise<void> {
  const replica = await runReplica({
    folder: join(folder, "cluster", name),
    logLevel: process.env["QUORATE_TEST_LOG"] ?? "silent",
  });
  replicas.set(name, replica);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-membership-"));
  const ports = await freePorts(4);
  const created = createCluster({
    folder: join(folder, "cluster"),
    addresses: ports.map((port) => `127.0.0.1:${port}`),
    nowMs: Date.now(),
  });
  genesis = readFileSync(created.clusterFile, "utf8");
  current = genesisCommittee(parseGenesis(nodeCrypto.hash, genesis));
  await Promise.all([0, 1, 2, 3].map((index) => start(`node-${index}`)));
  client = await connect({
    genesis,
    signer: readKeyFile(created.writerKey),
    deadlineMs: 60_000,
  });
  operator = await connect({ genesis, signer: readKeyFile(created.operatorKey) });
});

afterAll(async () => {
  await client?.close();
  await operator?.close();
  for (const replica of replicas.values()) await replica.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder for one who was not there at genesis, and its process, which waits to be admitted. */
async function newcomer(
  name: string,
): Promise<{ readonly key: SigningKey; readonly member: Member }> {
  const [port] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const path = join(folder, "cluster", name);
  const key = createReplicaKey(path);
  createReplicaFolder(path, { cluster: genesis, listen: address });
  await start(name);
  return { key, member: { publicKey: key.publicKey, address } };
}

function addressOf(name: string): string {
  const { host, port } = replicas.get(name)!.address;
  return `${host}:${port}`;
}

async function reconfigure(
  change: Partial<MembershipChange>,
  joining: readonly SigningKey[] = [],
): Promise<void> {
  const next = nextConfiguration(current, { add: [], remove: [], faultyMax: undefined, ...change });
  await operator.administer("", reconfigureOperation(current, next, joining));
  current = { ...next, clusterId: current.clusterId };
  await eventually(() => client.status().epoch === current.epoch);
}

/** Answers the agreed time of the last of them. */
async function writes(label: string, count: number): Promise<Hlc> {
  let time: Hlc | undefined;
  for (let each = 0; each < count; each++) {
    const put = await client.put("membership", `${label}-${each}`, utf8(`${label} ${each}`));
    expect(put.outcome).toBe("accepted");
    ({ time } = put);
  }
  return time!;
}

async function expectReadable(label: string): Promise<void> {
  const got = await client.get("membership", `${label}-0`, { kind: "linearizable" });
  if (got.status !== "hit") throw new Error(`${label} is gone`);
  const verdict = verifyReceipt(nodeCrypto, { genesis, receipt: got.receipt() });
  expect(verdict).toMatchObject({ valid: true, kind: "presence" });
}

/** Writes without a pause until told to stop; answers how many, and rejects if any failed. */
function writeOn(label: string): () => Promise<number> {
  const end = new AbortController();
  const loops = [0, 1, 2, 3].map(async (loop) => {
    let count = 0;
    for (; !end.signal.aborted; count++) {
      const put = await client.put("membership", `${label}-${loop}-${count}`, utf8(label));
      expect(put.outcome).toBe("accepted");
    }
    return count;
  });
  return async () => {
    end.abort();
    return (await Promise.all(loops)).reduce((sum, count) => sum + count, 0);
  };
}

describe("members come and go", () => {
  it("admits a fifth member, which comes up by a transfer and votes", async () => {
    genesisEpoch = await writes("before", 3);
    const fifth = await newcomer("node-4");
    expect(replicas.get("node-4")?.status()).toMatchObject({ ready: false, index: -1 });
    await reconfigure({ add: [fifth.member] }, [fifth.key]);
    await eventually(() => replicas.get("node-4")?.status().ready === true);
    await writes("after", 3);
    await expectReadable("before");
    await expectReadable("after");
  });

  it("lets a founder go, whose process says so", async () => {
    const stop = writeOn("under-way");
    await reconfigure({ remove: [current.members[0]!.publicKey] });
    await writes("without", 3);
    expect(await stop()).toBeGreaterThan(0);
    await expectReadable("before");
    await eventually(() => {
      const { notReady } = replicas.get("node-0")!.status();
      return notReady[0] === `no member any more since epoch ${current.epoch}`;
    });
  });

  it("puts a new replica in the place of one that has lost its promises", async () => {
    const lost = current.members.findIndex(({ address }) => address === addressOf("node-1"));
    await replicas.get("node-1")?.close();
    rmSync(join(folder, "cluster", "node-1", "promises"), { recursive: true });
    await start("node-1");
    await eventually(() => replicas.get("node-1")?.status().amnesiac === true);
    const fresh = await newcomer("node-5");
    const stop = writeOn("replaced");
    const remove = [current.members[lost]!.publicKey];
    await reconfigure({ add: [fresh.member], remove }, [fresh.key]);
    await eventually(() => replicas.get("node-5")?.status().ready === true);
    expect(await stop()).toBeGreaterThan(0);
    // One more may be missing now: the new member's vote is needed, and counts.
    await replicas.get("node-1")?.close();
    await replicas.get("node-2")?.close();
    replicas.delete("node-2");
    await writes("with the new one", 2);
    await start("node-2");
    await expectReadable("before");
  });

  it("lets a client that was away all the time come after by genesis alone", async () => {
    const other = await connect({ genesis, signer: undefined, deadlineMs: 60_000 });
    try {
      const got = await other.get("membership", "before-0", { kind: "linearizable" });
      expect(got.status).toBe("hit");
      expect(other.status()).toMatchObject({ epoch: current.epoch });
    } finally {
      await other.close();
    }
  });

  it("answers for a moment of an earlier epoch, with that epoch's signatures", async () => {
    const past = await client.getAt("membership", "before-2", genesisEpoch);
    expect(past.row).toMatchObject({ name: "before-2" });
    const verdict = verifyReceipt(nodeCrypto, { genesis, receipt: past.receipt() });
    expect(verdict).toMatchObject({ valid: true, epoch: 0 });
    const later = await client.getAt("membership", "after-0", genesisEpoch);
    expect(later.row).toBeUndefined();
  });

  it("goes on over a restart of everybody", async () => {
    for (const replica of replicas.values()) await replica.close();
    const names = [...replicas.keys()];
    replicas.clear();
    await Promise.all(names.map(start));
    await writes("after a restart", 2);
    await expectReadable("under-way-0");
  });
});
