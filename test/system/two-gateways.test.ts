import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hlcMs } from "../../base/hlc.ts";
import { createKeyFile, readKeyFile } from "../../base/host/key-file.ts";
import type { Hlc } from "../../base/types.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client, Signer } from "../../client/connect.ts";
import { eventually } from "../../client/gateway/testing/door-world.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { ADMINISTRATION_ENROL, ADMINISTRATION_NAMESPACE } from "../../consensus/wire/write-set.ts";
import type { RunningReplica } from "../../node/run-replica.ts";
import { runLaggingReplica } from "../../chaos/liar/run-lagging-replica.ts";

const ROUND_COUNT = 60;
const LAG_MS = 300;
const FRESHNESS_MS_MAX = 5_000;
/** Two operators must agree here before an entry is served. */
const AGREED_SPACE = "agreed-by-two";

describe("two gateways and two writers", () => {
  let cluster: LocalCluster;
  /** Among equals the first one is asked first: it is late by many writes, and says no lie. */
  let laggard: RunningReplica | undefined;
  let signers: readonly Signer[] = [];
  let clients: readonly Client[] = [];
  let gateways: readonly RunningGateway[] = [];

  beforeAll(async () => {
    cluster = await LocalCluster.create();
    // The others find themselves another primary first: a slow one would slow the writes as well.
    await cluster.startAll([1, 2, 3]);
    const second = createKeyFile(join(cluster.folder, "second-writer.json"));
    const first = readKeyFile(join(cluster.folder, "writer", "key.json"));
    await administer(second);
    laggard = await runLaggingReplica(cluster.nodeFolder(0), LAG_MS);
    signers = [first, second];
    const { genesis } = cluster;
    clients = await Promise.all(
      signers.map((signer) => connect({ genesis, signer, freshnessMsMax: FRESHNESS_MS_MAX })),
    );
    gateways = await Promise.all(
      signers.map((signer, index) =>
        runGateway({ genesis, signer, folder: join(cluster.folder, `gateway-${index}`) }),
      ),
    );
    for (const { url } of gateways) await eventually(() => isReady(url));
  });
  afterAll(async () => {
    for (const gateway of gateways) await gateway.close();
    for (const client of clients) await client.close();
    await laggard?.close();
    await cluster?.stop();
  });

  async function administer(second: Signer): Promise<void> {
    const operator = await connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "operator", "key.json")),
    });
    await operator.administer("", {
      action: ADMINISTRATION_ENROL,
      subject: second.publicKey,
      operator: "the-second",
      namespaces: ["*"],
    });
    await operator.administer(AGREED_SPACE, {
      action: ADMINISTRATION_NAMESPACE,
      confirmations: 2,
    });
    await operator.close();
  }

  it("a session read sees what its own client wrote before, put or withdrawn", async () => {
    const writing = clients.map(async (client, who) => {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const key = `own-${who}-${round}`;
        const put = await client.put("sessions", key, new Uint8Array(randomBytes(100)));
        const read = await client.get("sessions", key, { kind: "session" });
        expect(read.status, key).toBe("hit");
        expect(read.sequence).toBeGreaterThanOrEqual(put.sequence);
        if (round % 2 === 0) continue;
        await client.delete("sessions", key);
        expect((await client.get("sessions", key, { kind: "session" })).status).toBe("miss");
      }
    });
    await Promise.all(writing);
  });

  it("a certified read misses nothing that was certified before the time that it names, and never goes back", async () => {
    /** By the machine's clock: it was certified before, and its agreed time is earlier still. */
    const answeredMs = new Map<string, number>();
    const misses: { readonly key: string; readonly time: Hlc }[] = [];
    let hitCount = 0;
    const write = async (client: Client, who: number): Promise<void> => {
      for (let round = 0; round < ROUND_COUNT; round++) {
        const key = `other-${who}-${round}`;
        await client.put("fresh", key, new Uint8Array(randomBytes(50)));
        answeredMs.set(key, Date.now());
      }
    };
    // Reads the other's next entry again and again until it is there.
    const follow = async (client: Client, other: number): Promise<void> => {
      let last = 0;
      for (let round = 0; round < ROUND_COUNT;) {
        const key = `other-${other}-${round}`;
        const read = await client.stat("fresh", key, { kind: "certified" });
        expect(read.freshness).toMatchObject({ kind: "certified", stale: false });
        expect(read.freshness.ageMs).toBeLessThanOrEqual(FRESHNESS_MS_MAX);
        expect(read.sequence).toBeGreaterThanOrEqual(last);
        last = read.sequence;
        if (read.status === "miss") misses.push({ key, time: read.freshness.time });
        else {
          hitCount++;
          round++;
        }
      }
    };
    const readers = await Promise.all(
      clients.map(() => connect({ genesis: cluster.genesis, freshnessMsMax: FRESHNESS_MS_MAX })),
    );
    await Promise.all([
      ...clients.map(write),
      ...readers.map((reader, index) => follow(reader, 1 - index)),
    ]);
    for (const reader of readers) await reader.close();
    expect(hitCount).toBe(2 * ROUND_COUNT);
    expect(misses.length).toBeGreaterThan(0);
    for (const { key, time } of misses) {
      expect(hlcMs(time), key).toBeLessThanOrEqual(answeredMs.get(key)!);
    }
  });

  describe("an entry that is not certified is seen by its own writer only", () => {
    const body = new Uint8Array(randomBytes(300));

    it("while the cluster has no quorum; once it has one, by both", async () => {
      const path = "/cache/no-quorum/entry";
      await cluster.kill(2);
      await cluster.kill(3);
      expect(await put(gateways[0]!, path, body)).toBe("stored");
      expect(await look(gateways[0]!, path)).toEqual({ status: 200, certainty: "own", body });
      expect(await look(gateways[1]!, path)).toMatchObject({ status: 404 });
      await cluster.startAll([2, 3]);
      for (const gateway of gateways) await untilCertified(path, gateway);
    });

    it("while a second operator has not agreed; once it has, by the other too", async () => {
      const path = `/cache/${AGREED_SPACE}/entry`;
      expect(await put(gateways[0]!, path, body)).toBe("stored");
      // The cluster has executed it, as one vote of two.
      const vote = async (): Promise<number | undefined> => {
        const read = await clients[1]!.stat(AGREED_SPACE, "entry", { kind: "linearizable" });
        return read.status === "miss" ? read.row?.votes.length : undefined;
      };
      await eventually(async () => (await vote()) === 1);
      expect(await look(gateways[0]!, path)).toEqual({ status: 200, certainty: "own", body });
      // The other's root may be from before, as old as is fresh; it never has the value.
      let other = await look(gateways[1]!, path);
      await eventually(async () => {
        expect(other.status).toBe(404);
        if (other.why === "absent") other = await look(gateways[1]!, path);
        return other.why !== "absent";
      });
      expect(other).toMatchObject({ status: 404, why: "not-confirmed" });

      expect(await put(gateways[1]!, path, body)).toBe("stored");
      await untilCertified(path, gateways[1]!);
      for (const client of clients) {
        const read = await client.get(AGREED_SPACE, "entry", { kind: "linearizable" });
        if (read.status !== "hit") throw new Error("a miss");
        expect(await read.value.read()).toEqual(body);
      }
    });

    async function untilCertified(path: string, gateway: RunningGateway): Promise<void> {
      let seen = await look(gateway, path);
      // However long the cluster needs to find itself together: the test's own time is the bound.
      while (seen.certainty !== "certified") {
        await new Promise((resolve) => setTimeout(resolve, 50));
        seen = await look(gateway, path);
      }
      expect(seen).toEqual({ status: 200, certainty: "certified", body });
    }
  });
});

async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/readyz`)).ok;
}

async function put({ url }: RunningGateway, path: string, body: Uint8Array): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, { method: "PUT", body: new Blob([body.slice()]) });
  return answer.headers.get("x-quorate-put");
}

interface Looked {
  readonly status: number;
  readonly certainty?: string;
  readonly why?: string;
  readonly body?: Uint8Array;
}

async function look({ url }: RunningGateway, path: string): Promise<Looked> {
  const answer = await fetch(`${url}${path}`);
  const body = new Uint8Array(await answer.arrayBuffer());
  const { status, headers } = answer;
  if (status !== 200) return { status, why: headers.get("x-quorate-miss") ?? "" };
  return { status, certainty: headers.get("x-quorate-certainty") ?? "", body };
}
