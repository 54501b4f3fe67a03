import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, it, onTestFinished } from "vitest";
import { fromUtf8, toHex, utf8 } from "../base/bytes.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import { provenStatement } from "../consensus/statement-certificate.ts";
import { READ_ANSWERED, SUBMIT_EXECUTED } from "../consensus/wire/connection.ts";
import type { ReadAnswer } from "../consensus/wire/connection.ts";
import { folderLayout } from "./folder-layout.ts";
import { eventually } from "./testing/eventually.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { TestClient, TestWriter } from "./testing/test-client.ts";
import { TestCluster } from "./testing/test-cluster.ts";

async function startCluster(): Promise<TestCluster> {
  const cluster = await TestCluster.create(temporaryFolder());
  onTestFinished(() => cluster.stopAll());
  await cluster.startAll();
  return cluster;
}

async function clientOf(cluster: TestCluster, index: number): Promise<TestClient> {
  const client = await TestClient.connect(cluster.genesis, cluster.address(index));
  onTestFinished(() => client.close());
  return client;
}

function writerOf(cluster: TestCluster): TestWriter {
  return new TestWriter(cluster.genesis, cluster.writers[0]!);
}

async function putMany(
  client: TestClient,
  writer: TestWriter,
  names: readonly string[],
): Promise<void> {
  for (const name of names) {
    const { bytes, digest } = writer.put(name, `value of ${name}`);
    expect((await client.submit(bytes, digest)).status).toBe(SUBMIT_EXECUTED);
  }
}

/** A replica answers under the newest root that it knows to be certified: later than it executes. */
async function readOnceThere(client: TestClient, name: string): Promise<ReadAnswer> {
  let read: ReadAnswer | undefined;
  await eventually(async () => {
    read = await client.read("default", name);
    return read.row.length > 0 && read.hasValue;
  });
  return read!;
}

const names = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

describe("four replicas", () => {
  it("execute a write set, certify it and show it to a reader of another replica", async () => {
    const cluster = await startCluster();
    await putMany(await clientOf(cluster, 0), writerOf(cluster), ["greeting"]);
    await cluster.agree(1);
    const read = await readOnceThere(await clientOf(cluster, 2), "greeting");
    expect(read.status).toBe(READ_ANSWERED);
    expect(fromUtf8(read.value)).toBe("value of greeting");
    expect(cluster.fatal).toEqual([]);
  });

  it("go on without one of them, which catches up when it is back", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 0);
    const writer = writerOf(cluster);
    await putMany(client, writer, names("before", 3));
    await cluster.stop(3);
    await putMany(client, writer, names("during", 5));
    await cluster.start(3);
    await cluster.ready();
    await putMany(client, writer, names("after", 2));
    await cluster.agree(10);
    expect(cluster.fatal).toEqual([]);
  });

  it("change the view when the primary goes, and keep what was acknowledged", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 1);
    const writer = writerOf(cluster);
    await putMany(client, writer, names("before", 3));
    await cluster.stop(0);
    await putMany(client, writer, names("after", 3));
    expect(cluster.replicas[1]?.status().view).toBeGreaterThan(0);
    for (const name of [...names("before", 3), ...names("after", 3)]) {
      expect(fromUtf8((await client.read("default", name)).value)).toBe(`value of ${name}`);
    }
    await cluster.start(0);
    await cluster.ready();
    await cluster.agree(6);
  });

  it("stop all together and come back with everything", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 0);
    await putMany(client, writerOf(cluster), names("kept", 5));
    await cluster.agree(5);
    const root = cluster.replicas[0]?.status().stateRoot;
    await cluster.stopAll();
    await cluster.startAll();
    await cluster.agree(5);
    expect(cluster.replicas[0]?.status().stateRoot).toBe(root);
    const again = await clientOf(cluster, 1);
    const read = await readOnceThere(again, "kept-4");
    expect(fromUtf8(read.value)).toBe("value of kept-4");
  });
});

describe("a replica", () => {
  it("whose store is wiped comes back under load by state transfer, to the same root", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 0);
    const writer = writerOf(cluster);
    await putMany(client, writer, names("before", 300));
    await cluster.stop(2);
    rmSync(folderLayout(cluster.nodeFolder(2)).store, { recursive: true });
    const stop = new AbortController();
    const load = (async () => {
      for (let index = 0; !stop.signal.aborted; index++)
        await putMany(client, writer, [`load-${index}`]);
    })();
    await cluster.start(2);
    await cluster.ready([2]);
    stop.abort();
    await load;
    await cluster.agree(300);
    const read = await readOnceThere(await clientOf(cluster, 2), "before-7");
    expect(read.status).toBe(READ_ANSWERED);
    const blob = `/blob/${toHex(nodeCrypto.hash(utf8("value of before-7")))}`;
    await eventually(async () => (await fetch(`http://${cluster.address(2)}${blob}`)).ok);
    expect(cluster.fatal).toEqual([]);
  });

  it("whose promises are lost says so, signs nothing, and is not ready", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 0);
    const writer = writerOf(cluster);
    await putMany(client, writer, names("before", 3));
    await cluster.stop(3);
    const { promises } = folderLayout(cluster.nodeFolder(3));
    rmSync(promises, { recursive: true });
    mkdirSync(promises);
    await cluster.start(3);
    await putMany(client, writer, names("after", 3));
    await cluster.agree(6);
    const metrics = await (await fetch(`http://${cluster.address(3)}/metrics`)).text();
    expect(metrics).toContain("quorate_signatures_total 0");
    const ready = await fetch(`http://${cluster.address(3)}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.text()).toContain("amnesiac");
    expect(cluster.replicas[3]?.status().amnesiac).toBe(true);
  });

  it("serves a certified absence before anything was ever written", async () => {
    const cluster = await startCluster();
    const client = await clientOf(cluster, 1);
    let read: ReadAnswer | undefined;
    await eventually(async () => {
      read = await client.read("default", "nothing");
      return read.status === READ_ANSWERED;
    });
    expect(read?.row).toHaveLength(0);
    const committee = genesisCommittee(cluster.genesis);
    expect(provenStatement(nodeCrypto, committee, read!.certificate!)).toBeDefined();
  });
});
