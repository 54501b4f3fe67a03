import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../connect.ts";
import { FakeCluster } from "../testing/fake-cluster.ts";

/** Deadlines here are longer than a test may take: who waits for one of them fails the test. */
const NEVER_MS = 3_600_000;

let cluster: FakeCluster;
let slow: Server | undefined;
const sockets: Socket[] = [];

beforeEach(async () => {
  cluster = await FakeCluster.start();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  slow?.close();
  slow = undefined;
  await cluster.close();
});

/** Takes connections at that replica's address and says nothing. */
async function listenInSilence(index: number): Promise<void> {
  const port = Number(cluster.parsed.members[index]!.address.split(":")[1]);
  const server = createServer((socket) => {
    sockets.push(socket.on("error", () => undefined));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  slow = server;
}

describe("connecting", () => {
  it("ends soon when every replica refuses connections", async () => {
    await cluster.close();
    const connecting = connect({ genesis: cluster.genesis, deadlineMs: NEVER_MS });
    await expect(connecting).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      message: expect.stringContaining("all of them refuse connections") as string,
    });
  });

  it("waits for one that is merely slow, however many others refuse", async () => {
    await cluster.close();
    await listenInSilence(3);
    const connecting = connect({ genesis: cluster.genesis, deadlineMs: 2_500 });
    await expect(connecting).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
      message: expect.stringContaining("0 of 3 needed replicas signed") as string,
    });
    expect(sockets.length).toBeGreaterThan(0);
  });
});

describe("a linearizable read of a client that is connected", () => {
  it("ends soon when every replica is gone", async () => {
    const client = await connect({ genesis: cluster.genesis, deadlineMs: NEVER_MS });
    await cluster.close();
    for (const index of [0, 1, 2, 3]) cluster.cut(index);
    const reading = client.get("space", "name", { kind: "linearizable" });
    await expect(reading).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
    await client.close();
  });
});
