import { afterEach, beforeEach } from "vitest";
import { connect } from "../connect.ts";
import type { Client } from "../connect.ts";
import { FakeCluster } from "./fake-cluster.ts";

/** A fake cluster and a client of it, made anew for each test of the file that asks for it. */
export class FakeWorld {
  cluster!: FakeCluster;
  client: Client | undefined;

  static forEachTest(): FakeWorld {
    const world = new FakeWorld();
    beforeEach(async () => {
      world.cluster = await FakeCluster.start();
    });
    afterEach(async () => {
      await world.client?.close();
      world.client = undefined;
      await world.cluster.close();
    });
    return world;
  }

  /** A client with three connections at least and a root that it follows. */
  async connected(options: { readonly deadlineMs?: number } = {}): Promise<Client> {
    const client = await connect({
      genesis: this.cluster.genesis,
      signer: this.cluster.writer,
      deadlineMs: 5_000,
      ...options,
    });
    this.client = client;
    await waitUntil(() => client.status().replicas.filter((one) => one.connected).length >= 3);
    // Again and again: one that is pushed before the client has subscribed is heard by nobody.
    await waitUntil(() => {
      if (client.status().sequence === 0) this.cluster.push();
      return client.status().sequence > 0;
    });
    return client;
  }

  liesOf(index: number): ReadonlyMap<string, number> {
    return this.client!.status().replicas[index]!.lies;
  }
}

export async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function flip(bytes: Uint8Array): Uint8Array {
  const changed = bytes.slice();
  changed[0] = (changed[0] ?? 0) ^ 1;
  return changed;
}
