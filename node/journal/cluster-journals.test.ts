import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { WebSocket } from "ws";
import { describe, expect, it, onTestFinished } from "vitest";
import { CausalityVerifier, describeFinding } from "../../base/journal/causality-verifier.ts";
import type { JournalEvent } from "../../base/journal/journal-event.ts";
import { eventName } from "../../base/journal/journal-event.ts";
import { JournalReader } from "../../base/journal/journal-reader.ts";
import { SUBMIT_EXECUTED } from "../../consensus/wire/connection.ts";
import { eventually } from "../testing/eventually.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { TestClient, TestWriter } from "../testing/test-client.ts";
import { TestCluster } from "../testing/test-cluster.ts";
import { listSegments, readSegment } from "./segment-folder.ts";

describe("the journals of four replicas", () => {
  it("tell one history that can have happened, from proposal to certificate, over a restart", async () => {
    const cluster = await startCluster();
    await put(cluster, "first", 1);
    await cluster.stop(2);
    await cluster.start(2);
    await cluster.ready();
    await put(cluster, "second", 2);
    await cluster.stopAll();
    const events = [0, 1, 2, 3].flatMap((index) => eventsOf(cluster, index));
    const verifier = new CausalityVerifier({ isComplete: false, eventCountMax: 1_000_000 });
    for (const event of events) verifier.add(event);
    expect(verifier.end()).toEqual([]);
    expect(verifier.findings.map(describeFinding)).toEqual([]);

    const known = new Map(events.map((event) => [eventName(event.id), event]));
    const certified = events.findLast(
      ({ kind, id }) => kind === "certified" && id.author.name === "replica-3",
    ) as JournalEvent;
    const causes = [...ancestors(certified, known)];
    const told = causes.map(({ kind, id }) => `${kind} at ${id.author.name}`);
    expect(told).toContain("received at replica-0");
    // The first primary, unless it was slow and another view has begun.
    expect(told).toContainEqual(expect.stringMatching(/^proposed at replica-[0-3]$/));
    const [again] = events.filter(
      ({ kind, parents }) => kind === "restart" && parents.length > 0,
    ) as [JournalEvent];
    expect(again.id.author.name).toBe("replica-2");
    expect(again.parents[0]?.author.name).toBe("replica-2");
    expect(again.parents[0]?.author.incarnation).toBeLessThan(again.id.author.incarnation);
  });

  it("name the keys, the voters and the digest by which to find a write", async () => {
    const cluster = await startCluster();
    await put(cluster, "first", 1);
    await cluster.stopAll();
    const events = eventsOf(cluster, 1);
    const executed = events.find(({ kind, detail }) => kind === "executed" && detail["sets"] === 1);
    expect(executed?.detail).toMatchObject({ writes: 1 });
    expect(executed?.detail["keys"]).toMatch(/^default\/[0-9a-f]{16}$/);
    const at = (kind: string): JournalEvent | undefined =>
      events.find((event) => {
        return event.kind === kind && event.detail["sequence"] === executed?.detail["sequence"];
      });
    expect(at("prepared")?.detail["signers"]).toMatch(/^[0-3]( [0-3]){2}$/);
    expect(at("committed")?.detail["digest"]).toBe(at("prepared")?.detail["digest"]);
  });

  it("are kept only where one is wanted, and the others go on as ever", async () => {
    const cluster = await TestCluster.create(temporaryFolder());
    onTestFinished(() => cluster.stopAll());
    for (const index of [0, 1, 2]) await cluster.start(index, { journalBytesMax: 0 });
    const nodeFile = join(cluster.nodeFolder(3), "node.json");
    const node = JSON.parse(readFileSync(nodeFile, "utf8")) as object;
    writeFileSync(nodeFile, JSON.stringify({ ...node, journalBytesMax: 2_000_000 }));
    await cluster.start(3);
    await cluster.ready();
    await put(cluster, "first", 1);
    await cluster.stopAll();
    expect([0, 1, 2, 3].map((index) => existsSync(journalOf(cluster, index)))).toEqual([
      false,
      false,
      false,
      true,
    ]);
    const events = eventsOf(cluster, 3);
    expect(events.some(({ kind }) => kind === "certified")).toBe(true);
    expect(events.flatMap(({ parents }) => parents)).toEqual([]);
  });
});

describe("a subscriber", () => {
  it("gets the header, and events while they happen", async () => {
    const cluster = await startCluster();
    const { reader, events } = subscribe(`ws://${cluster.address(1)}/journal`);
    await eventually(() => reader.header !== undefined);
    expect(reader.header).toMatchObject({ origin: "live", title: "test", memberCount: 4 });
    await put(cluster, "first", 1);
    await eventually(() => events.some(({ kind }) => kind === "certified"));
    expect(reader.gapCount).toBe(0);
  });

  it("from a page in a browser is refused, unless it shows the token", async () => {
    const cluster = await TestCluster.create(temporaryFolder());
    onTestFinished(() => cluster.stopAll());
    writeFileSync(join(cluster.nodeFolder(0), "journal-token"), "open sesame-1234\n");
    writeFileSync(join(cluster.nodeFolder(1), "journal-token"), "sesame-1234\n");
    await cluster.start(0);
    await cluster.start(1);
    const url = `ws://${cluster.address(1)}/journal`;
    const origin = "http://evil.example";
    for (const headers of [{}, bearer("sesame-1235"), bearer("")]) {
      const { socket } = subscribe(url, { origin, headers });
      const error = await new Promise<Error>((resolve) => socket.once("error", resolve));
      expect(error.message).toContain("403");
    }
    const { reader } = subscribe(url, { origin, headers: bearer("sesame-1234") });
    await eventually(() => reader.header !== undefined);
  });
});

async function startCluster(): Promise<TestCluster> {
  const cluster = await TestCluster.create(temporaryFolder());
  onTestFinished(() => cluster.stopAll());
  await cluster.startAll();
  return cluster;
}

async function put(cluster: TestCluster, name: string, sequence: number): Promise<void> {
  const client = await TestClient.connect(cluster.genesis, cluster.address(0));
  const { bytes, digest } = new TestWriter(cluster.genesis, cluster.writers[0]!).put(name, name);
  expect((await client.submit(bytes, digest)).status).toBe(SUBMIT_EXECUTED);
  await cluster.agree(sequence);
  client.close();
}

function journalOf(cluster: TestCluster, index: number): string {
  return join(cluster.nodeFolder(index), "journal");
}

function eventsOf(cluster: TestCluster, index: number): JournalEvent[] {
  const folder = journalOf(cluster, index);
  const reader = new JournalReader();
  const events = listSegments(folder).flatMap((segment) =>
    reader.push(readSegment(folder, segment)).flatMap((block) => [...block.events()]),
  );
  reader.end();
  expect(reader.gapCount).toBe(0);
  return events;
}

function subscribe(
  url: string,
  options: { origin?: string; headers?: Record<string, string> } = {},
): { socket: WebSocket; reader: JournalReader; events: JournalEvent[] } {
  const socket = new WebSocket(url, { perMessageDeflate: false, ...options });
  const reader = new JournalReader();
  const events: JournalEvent[] = [];
  socket.on("message", (data: Uint8Array) => {
    for (const block of reader.push(new Uint8Array(data))) events.push(...block.events());
  });
  socket.on("error", () => undefined);
  onTestFinished(() => socket.terminate());
  return { socket, reader, events };
}

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function ancestors(
  event: JournalEvent,
  known: ReadonlyMap<string, JournalEvent>,
): Set<JournalEvent> {
  const seen = new Set<JournalEvent>();
  const open = [event];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { author, sequence } = next.id;
    for (const id of [...next.parents, { author, sequence: sequence - 1 }]) {
      const cause = known.get(eventName(id));
      if (cause === undefined || seen.has(cause)) continue;
      seen.add(cause);
      open.push(cause);
    }
  }
  return seen;
}
