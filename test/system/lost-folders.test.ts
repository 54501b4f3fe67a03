import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { askStatus, equalRoots } from "./equal-roots.ts";

const VICTIM = 2;
const WRITER_COUNT = 16;

/** Keeps writing until told to stop; a failed put fails the test. */
class Load {
  #stop = false;
  #count = 0;
  readonly #writers: Promise<unknown>;

  constructor(client: Client) {
    const writers = Array.from({ length: WRITER_COUNT }, async (_, number) => {
      for (let count = 0; !this.#stop; count++) {
        await client.put("load", `${number}-${count}`, randomBytes(300));
        this.#count++;
      }
    });
    this.#writers = Promise.all(writers);
    // Told by whoever waits for more of them, or for their end.
    this.#writers.catch(() => undefined);
  }

  /** Resolves after this many more writes. */
  async more(count: number): Promise<void> {
    const goal = this.#count + count;
    while (this.#count < goal) await Promise.race([sleep(10), this.#writers]);
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await this.#writers;
  }
}

describe("a replica that lost a folder", () => {
  let cluster: LocalCluster;
  let client: Client;
  let load: Load;

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

  it("has its cluster under load, which goes on over the next tests", async () => {
    load = new Load(client);
    await load.more(2000);
  });

  it("its store, under that load: the others go on", async () => {
    await cluster.kill(VICTIM);
    rmSync(join(cluster.nodeFolder(VICTIM), "store"), { recursive: true });
    await load.more(2000);
  });

  it("rejoins under that load by state transfer, and shows the same root", async () => {
    cluster.launch(VICTIM);
    // However long it takes: each write is one more to catch up with.
    await eventually(async () => {
      const answer = await cluster.get(VICTIM, "/readyz").catch(() => undefined);
      return answer?.ok === true;
    });
    await load.more(500);
    await load.stop();
    const lines = await equalRoots(cluster);
    expect(new Set(lines.map((line) => line.stateRoot)).size).toBe(1);
    expect(new Set(lines.map((line) => line.sequence)).size).toBe(1);
    const found = await client.get("load", "0-0");
    expect(found.status).toBe("hit");
  });

  it("and lost its promises too: it stays silent, status says amnesiac, and the others go on", async () => {
    await cluster.kill(VICTIM);
    rmSync(join(cluster.nodeFolder(VICTIM), "store"), { recursive: true });
    rmSync(join(cluster.nodeFolder(VICTIM), "promises"), { recursive: true });
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM, "/healthz");
    await client.put("load", "after", randomBytes(10));
    const others = [0, 1, 3];
    const lines = await equalRoots(cluster, others);
    expect(new Set(lines.map((line) => line.stateRoot)).size).toBe(1);
    const victim = (await askStatus(cluster)).replicas.find((replica) => replica.id === VICTIM);
    expect(victim?.amnesiac).toBe(true);
    expect(await cluster.metric(VICTIM, "quorate_signatures_total")).toBe(0);
  });
});
