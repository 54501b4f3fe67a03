import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { get } from "node:http";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hostPortOf } from "../base/replica-address.ts";
import { connect } from "../client/connect.ts";
import type { Client } from "../client/types.ts";
import { askReplica, isAnswer } from "../cluster/status/ask-replica.ts";
import { askTime } from "../cluster/time/ask-time.ts";
import { formatGenesis } from "../consensus/genesis-file.ts";
import { genesisCommittee } from "../consensus/genesis.ts";
import { eventually } from "../node/testing/eventually.ts";
import { TestCluster } from "../node/testing/test-cluster.ts";

/** Four replicas whose addresses say that nothing but TLS is spoken there. */

describe("a cluster over TLS", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-secure-"));
  const large = randomBytes(3 * 1024 * 1024);
  let cluster: TestCluster;
  const clients: Client[] = [];

  const newClient = async (): Promise<Client> => {
    const genesis = formatGenesis(cluster.genesis);
    const client = await connect({ genesis, signer: cluster.writers[0]! });
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    cluster = await TestCluster.create(folder, { isSecure: () => true });
    await cluster.startAll();
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await cluster.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it("agrees, and gives a reader what a writer wrote", async () => {
    const writer = await newClient();
    const values = { small: Buffer.from("a few bytes"), large };
    for (const [name, value] of Object.entries(values)) await writer.put("default", name, value);
    const reader = await newClient();
    for (const [name, value] of Object.entries(values)) {
      const found = await reader.get("default", name);
      if (found.status !== "hit") throw new Error(`${name} is a miss`);
      expect(digestOf(await found.value.read()), name).toBe(digestOf(value));
    }
  });

  it("takes a replica back that was away, with what it missed", async () => {
    await cluster.stop(3);
    const writer = await newClient();
    await writer.put("default", "missed", randomBytes(100_000));
    await cluster.start(3);
    await cluster.ready();
    await cluster.agree(1);
  });

  it("tells its operator how it is, and what time it has", async () => {
    const committee = genesisCommittee(cluster.genesis);
    for (const [index, member] of committee.members.entries()) {
      expect(isAnswer(await askReplica(committee, member, 10_000))).toBe(true);
      expect(await askTime(index, member, 10_000)).toHaveProperty("time");
    }
  });

  it("is no member's word when another key answers at its address", async () => {
    const committee = genesisCommittee(cluster.genesis);
    const [first, second] = committee.members;
    const impostor = { ...first!, address: second!.address };
    expect(await askReplica(committee, impostor, 10_000)).toMatchObject({ kind: "unreachable" });
  });

  it("understands nothing in plain text", async () => {
    const url = `http://${hostPortOf(cluster.address(0))}/healthz`;
    const error = await new Promise<Error | undefined>((resolve) => {
      get(url, { agent: false }, () => resolve(undefined)).on("error", resolve);
    });
    expect(error).toBeInstanceOf(Error);
  });

  it("ends who connects and never begins to speak, when it is stopped", async () => {
    const [host, port] = hostPortOf(cluster.address(2)).split(":");
    const silent = connectTcp(Number(port), host);
    silent.on("error", () => undefined);
    let ended = false;
    silent.on("close", () => (ended = true));
    await eventually(() => silent.readyState === "open");
    await cluster.stop(2);
    await eventually(() => ended);
  });
});

describe("a cluster of which some are reached over TLS and some are not yet", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-half-secure-"));
  let cluster: TestCluster;
  let client: Client | undefined;

  beforeAll(async () => {
    // Either kind dials the other: the lower index dials.
    cluster = await TestCluster.create(folder, { isSecure: (index) => index % 2 === 1 });
    await cluster.startAll();
  });
  afterAll(async () => {
    await client?.close();
    await cluster.stopAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it("agrees with any one of them away", async () => {
    const genesis = formatGenesis(cluster.genesis);
    client = await connect({ genesis, signer: cluster.writers[0]! });
    for (const away of cluster.genesis.members.keys()) {
      await cluster.stop(away);
      const put = await client.put("default", `without ${away}`, randomBytes(100_000));
      expect(put.outcome).toBe("accepted");
      await cluster.start(away);
      await cluster.ready();
    }
  });
});

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
