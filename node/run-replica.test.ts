import { describe, expect, it, onTestFinished } from "vitest";
import { fromUtf8 } from "../base/bytes.ts";
import { READ_ANSWERED, SUBMIT_EXECUTED } from "../consensus/wire/connection.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { TestClient, TestWriter } from "./testing/test-client.ts";
import { TestCluster } from "./testing/test-cluster.ts";

async function startCluster(): Promise<TestCluster> {
  const cluster = await TestCluster.create(temporaryFolder());
  onTestFinished(() => cluster.stopAll());
  await cluster.startAll();
  return cluster;
}

describe("four replicas", () => {
  it("execute a write set, certify it and show it to a reader of another replica", async () => {
    const cluster = await startCluster();
    const client = await TestClient.connect(cluster.genesis, cluster.address(0));
    const writer = new TestWriter(cluster.genesis, cluster.writers[0]!);
    const { bytes, digest } = writer.put("greeting", "hello");
    const answer = await client.submit(bytes, digest);
    expect(answer.status).toBe(SUBMIT_EXECUTED);
    expect(answer.certificate?.signatures).toHaveLength(3);
    await cluster.agree(1);
    const reader = await TestClient.connect(cluster.genesis, cluster.address(2));
    const read = await reader.read("default", "greeting");
    expect(read.status).toBe(READ_ANSWERED);
    expect(fromUtf8(read.value)).toBe("hello");
    expect(cluster.fatal).toEqual([]);
  });
});
