import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { askStatus, equalRoots } from "./equal-roots.ts";

const VICTIM = 2;
const WRITER_COUNT = 16;

/** Keeps writing until told to stop; a failed put fails the test. */
class Load {
  #stop = false;
  #count = 0;
  readonly #writers: Promise<void>[];

  constructor(client: Client) {
    this.#writers = Array.from({ length: WRITER_COUNT }, async (_, number) => {
      for (let count = 0; !this.#stop; count++) {
        await client.put("load", `${number}-${count}`, randomBytes(300));
        this.#count++;
      }
    });
  }

  get count(): number {
    return this.#count;
  }

  /** Resolves after this many more writes. */
  async more(count: number): Promise<void> {
    const goal = this.#count + count;
    while (this.#count < goal) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await Promise.all(this.#writers);
  }
}

describe("a replica that lost a folder", () => {
  let cluster: LocalCluster;
  let client: Client;

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

  it("its store, while the cluster runs under load: it rejoins by state transfer and shows the same root", async () => {
    const load = new Load(client);
    await load.more(2000);
    await cluster.kill(VICTIM);
    rmSync(join(cluster.nodeFolder(VICTIM), "store"), { recursive: true });
    await load.more(2000);
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM);
    await load.more(500);
    await load.stop();
    const lines = await equalRoots(cluster);
    expect(new Set(lines.map((line) => line.stateRoot)).size).toBe(1);
    expect(new Set(lines.map((line) => line.sequence)).size).toBe(1);
    const found = await client.get("load", "0-0");
    expect(found.status).toBe("hit");
  });

  it("its promises too: it stays silent, status says amnesiac, and the others go on", async () => {
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
