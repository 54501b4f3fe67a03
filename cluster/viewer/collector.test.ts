import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import { Epochs } from "../../consensus/epochs/epochs.ts";
import { genesisCommittee } from "../../consensus/genesis.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { TestCluster } from "../../node/testing/test-cluster.ts";
import { Collector } from "./collector.ts";
import { StaticSite } from "./static-site.ts";
import { ViewerServer } from "./viewer-server.ts";

/** A page that watches: what it is sent, as events, and the newest word on each source. */
async function watch(
  gatewayUrls: readonly string[],
): Promise<{ readonly events: JournalEvent[]; readonly states: Map<string, string> }> {
  const cluster = await TestCluster.create(temporaryFolder());
  const collector = new Collector({
    genesis: cluster.genesis,
    epochs: new Epochs(nodeCrypto, genesisCommittee(cluster.genesis)),
    journalFolder: ({ number }) => join(cluster.nodeFolder(number), "journal"),
    gatewayUrls,
  });
  const server = new ViewerServer({ host: "127.0.0.1", port: 0 }, new StaticSite(), collector.hub);
  const url = new URL("./live", (await server.listen()).replace("http:", "ws:"));
  const socket = new WebSocket(url);
  onTestFinished(async () => {
    socket.terminate();
    collector.close();
    await server.close();
  });
  const events: JournalEvent[] = [];
  const states = new Map<string, string>();
  const reader = new JournalReader();
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) {
      for (const block of reader.push(new Uint8Array(data))) events.push(...block.events());
      return;
    }
    const { sources = [] } = JSON.parse(data.toString()) as {
      readonly sources?: readonly { readonly name: string; readonly state: string }[];
    };
    for (const { name, state } of sources) states.set(name, state);
  });
  return { events, states };
}

it("hands on each of a gateway's requests, under the name by which it shows the gateway", async () => {
  const gateway = await runGateway({ folder: temporaryFolder() });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await gateway.close();
    isOpen = false;
  };
  onTestFinished(close);
  const { events, states } = await watch([gateway.url]);
  await eventually(() => states.get("gateway-0") === "streaming");
  await fetch(`${gateway.url}/cache/team-a/one`, { method: "PUT", body: "bytes" });
  await (await fetch(`${gateway.url}/cache/team-a/one`)).arrayBuffer();
  const told = (): JournalEvent[] =>
    events.filter(({ id, detail }) => id.author.name === "gateway-0" && detail["door"] === "plain");
  await eventually(() => told().length === 4);
  expect(
    told()
      .map(({ kind, detail }) => `${kind} ${detail["what"]}`)
      .sort(),
  ).toEqual([...["answer get", "answer put", "request get", "request put"]]);
  const last = events.at(-1)?.id;
  await close();
  await eventually(() => events.some(({ kind }) => kind === "crash"));
  // What it said last is why it is known to have ended.
  const lost = events.find(({ kind }) => kind === "crash");
  expect(lost).toMatchObject({
    detail: { target: "gateway-0" },
    parents: [{ author: last?.author }],
  });
  await eventually(() => states.get("replica-0") === "unreachable");
  const again = await runGateway({ folder: temporaryFolder(), port: gateway.port });
  onTestFinished(() => again.close());
  await eventually(() => events.some(({ kind }) => kind === "restart"));
  const back = events.find(({ kind }) => kind === "restart");
  expect(back?.detail).toEqual({ what: "begins", target: "gateway-0" });
});
