import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { afterAll, expect, it, onTestFinished } from "vitest";
import { fromUtf8, utf8 } from "../base/bytes.ts";
import { statementCodec } from "../consensus/wire/certificate.ts";
import { READ_ANSWERED, SUBMIT_EXECUTED } from "../consensus/wire/connection.ts";
import { builtModule, notBuilt } from "./testing/built-module.ts";
import { eventually } from "./testing/eventually.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { TestClient, TestWriter } from "./testing/test-client.ts";
import { TestCluster } from "./testing/test-cluster.ts";

const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
});

function startProcess(folder: string): ChildProcess {
  const program = `const { runReplica } = await import(${JSON.stringify(builtModule("node/run-replica.ts"))});
    await runReplica({ folder: ${JSON.stringify(folder)}, logLevel: "silent" });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

async function isReady(address: string): Promise<boolean> {
  const answer = await fetch(`http://${address}/readyz`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.ok === true;
}

async function startAll(cluster: TestCluster): Promise<ChildProcess[]> {
  const started = cluster.genesis.members.map((_, index) =>
    startProcess(cluster.nodeFolder(index)),
  );
  await eventually(async () => {
    const ready = await Promise.all(cluster.genesis.members.map(({ address }) => isReady(address)));
    return ready.every(Boolean);
  });
  return started;
}

async function killAll(processes: readonly ChildProcess[]): Promise<void> {
  const ended = processes.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of processes) child.kill("SIGKILL");
  await Promise.all(ended);
}

it(`every acknowledged write survives SIGKILL of all four processes at once${notBuilt}`, async ({
  skip,
}) => {
  if (notBuilt !== "") skip();
  const cluster = await TestCluster.create(temporaryFolder(), { writerCount: 8 });
  const acknowledged = new Map<string, string>();
  /** Everything that was acknowledged is in the state of this sequence. */
  let floor = 0;
  for (const round of [1, 2]) {
    const processes = await startAll(cluster);
    const stop = new AbortController();
    const load = cluster.writers.map(async (key, index) => {
      const client = await TestClient.connect(cluster.genesis, cluster.address(index % 4));
      onTestFinished(() => client.close());
      const writer = new TestWriter(cluster.genesis, key);
      for (let count = 0; !stop.signal.aborted; count++) {
        const name = `round-${round}/writer-${index}/${count}`;
        const { bytes, digest } = writer.puts({ [name]: utf8(name) });
        const answer = await Promise.race([client.submit(bytes, digest), client.closed]);
        if (answer === undefined) return;
        if (answer.status !== SUBMIT_EXECUTED) continue;
        acknowledged.set(name, name);
        const { statement } = answer.certificate!;
        floor = Math.max(floor, statementCodec.decode(statement).sequence);
      }
    });
    const wanted = round * 100;
    await eventually(() => acknowledged.size >= wanted);
    await killAll(processes);
    stop.abort();
    await Promise.all(load);
  }
  const processes = await startAll(cluster);
  onTestFinished(() => killAll(processes));
  for (const index of [0, 1, 2, 3]) {
    const client = await TestClient.connect(cluster.genesis, cluster.address(index));
    onTestFinished(() => client.close());
    await eventually(
      async () => (await client.read("default", "x", { floor })).status === READ_ANSWERED,
    );
    for (const [name, value] of acknowledged) {
      const read = await client.read("default", name, { floor });
      expect(read.row.length, `${name} at replica ${index}`).toBeGreaterThan(0);
      await eventually(async () => (await client.read("default", name)).hasValue);
      expect(fromUtf8((await client.read("default", name)).value)).toBe(value);
    }
  }
});
