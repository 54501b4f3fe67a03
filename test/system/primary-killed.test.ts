import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { askStatus } from "./equal-roots.ts";

const KILL_COUNT = 20;
const WRITER_COUNT = 8;
const WRITES_BETWEEN = 100;

describe("the primary killed under load", () => {
  let cluster: LocalCluster;
  let client: Client;
  const acknowledged = new Map<string, string>();
  const stopping = new AbortController();
  const failures: unknown[] = [];

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    client = await connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
    });
  });
  afterAll(async () => {
    await client?.close();
    await cluster?.stop();
  });

  async function writer(number: number): Promise<void> {
    for (let count = 0; !stopping.signal.aborted; count++) {
      const value = randomBytes(200);
      const name = `${number}-${count}`;
      await client.put("failover", name, value);
      acknowledged.set(name, createHash("sha256").update(value).digest("hex"));
    }
  }

  async function reader(): Promise<void> {
    while (!stopping.signal.aborted) {
      const names = [...acknowledged.keys()];
      const name = names[Math.floor(Math.random() * names.length)];
      if (name === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
      else expect((await client.get("failover", name)).status, name).toBe("hit");
    }
  }

  it(
    `${KILL_COUNT} of ${KILL_COUNT} times: no stuck client, no failed read, no acknowledged write lost`,
    { timeout: 240_000 },
    async () => {
      const tasks = [
        ...Array.from({ length: WRITER_COUNT }, (_, number) => writer(number)),
        reader(),
      ].map((task) => task.catch((error: unknown) => failures.push(error)));
      for (let kill = 0; kill < KILL_COUNT && failures.length === 0; kill++) {
        await reached(acknowledged.size + WRITES_BETWEEN);
        const { primary } = await askStatus(cluster);
        await cluster.kill(primary);
        await reached(acknowledged.size + WRITES_BETWEEN);
        cluster.launch(primary);
        await cluster.ready(primary);
      }
      stopping.abort();
      await Promise.all(tasks);
      expect(failures).toEqual([]);
      for (const [name, digest] of acknowledged) {
        const found = await client.get("failover", name);
        expect(found.status, name).toBe("hit");
        if (found.status !== "hit") continue;
        const value = await found.value.read();
        expect(createHash("sha256").update(value).digest("hex")).toBe(digest);
      }
    },
  );

  async function reached(count: number): Promise<void> {
    while (acknowledged.size < count && failures.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
});
