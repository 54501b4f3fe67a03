import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { CausalityVerifier } from "../../../base/journal/causality-verifier.ts";
import type { JournalEvent } from "../../../base/journal/journal-event.ts";
import { JournalReader } from "../../../base/journal/journal-reader.ts";
import { keyOfName } from "../../../consensus/hashing.ts";
import { FEED_REQUESTS_A_FLUSH_MAX, FEED_SUBSCRIBER_COUNT_MAX } from "../limits.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { eventually, openDoor } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { Told } from "../traffic.ts";
import { RequestFeed } from "./request-feed.ts";

let folder: string;
const gateways: RunningGateway[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-feed-"));
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(options: GatewayOptions = {}): Promise<RunningGateway> {
  const gateway = await openDoor(folder, undefined, options);
  gateways.push(gateway);
  return gateway;
}

/** Listens, and answers what it hears; "refused" with the status that it was refused with. */
async function listen(
  { port }: RunningGateway,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly events: JournalEvent[]; readonly socket: WebSocket } | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/journal`, { headers });
  onTestFinished(() => socket.terminate());
  const events: JournalEvent[] = [];
  const reader = new JournalReader();
  return await new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.on("message", (data: Buffer) => {
      for (const block of reader.push(new Uint8Array(data))) events.push(...block.events());
      // The header comes first, and with it everything from now on.
      resolve({ events, socket });
    });
  });
}

async function heard(gateway: RunningGateway): Promise<JournalEvent[]> {
  const listening = await listen(gateway);
  if (typeof listening === "number") throw new Error(`refused with ${listening}`);
  return listening.events;
}

const keyOf = (name: string): string => toHex(keyOfName(nodeCrypto.hash, name)).slice(0, 16);

it("tells each request and its answer: door, key, how it ended, how long it took", async () => {
  const gateway = await open();
  const events = await heard(gateway);
  const path = "/cache/team-a/some-key";
  await rawRequest(gateway.url, path);
  await rawRequest(gateway.url, path, { method: "PUT", body: Buffer.from("bytes") });
  await rawRequest(gateway.url, path);
  await eventually(() => events.length === 6);
  const answers = events.filter(({ kind }) => kind === "answer");
  const about = { door: "plain", namespace: "team-a", key: keyOf("some-key") };
  expect(answers.map(({ detail }) => detail)).toMatchObject([
    { ...about, what: "get", outcome: "miss", reason: "absent" },
    { ...about, what: "put", outcome: "stored", bytes: 5 },
    { ...about, what: "get", outcome: "hit", level: "l1", certainty: "local" },
  ]);
  for (const { detail } of answers) expect(detail["latencyMs"]).toBeGreaterThan(0);
  const requests = events.filter(({ kind }) => kind === "request");
  expect(requests.map(({ detail }) => detail)).toEqual([
    { what: "get", ...about },
    { what: "put", ...about },
    { what: "get", ...about },
  ]);
  const verifier = new CausalityVerifier({ eventCountMax: 100, isComplete: true });
  for (const event of events) verifier.add(event);
  expect(verifier.findings).toEqual([]);
});

it("does not listen to itself when nobody else does, and says nothing of before", async () => {
  const gateway = await open();
  await rawRequest(gateway.url, "/cache/team-a/before");
  const events = await heard(gateway);
  await rawRequest(gateway.url, "/cache/team-a/after");
  await eventually(() => events.length === 2);
  expect(events.map(({ detail }) => detail["key"])).toEqual([keyOf("after"), keyOf("after")]);
  expect(events[0]?.id.sequence).toBe(1);
});

it("is nothing for pages, nor for more than a few", async () => {
  const gateway = await open();
  expect(await listen(gateway, { origin: "http://127.0.0.1:1" })).toBe(403);
  for (let count = 0; count < FEED_SUBSCRIBER_COUNT_MAX; count++) await heard(gateway);
  expect(await listen(gateway)).toBe(503);
});

it("asks for a token where tokens tell callers apart", async () => {
  const tokenFile = join(folder, "tokens.json");
  const sha256 = createHash("sha256").update("secret").digest("hex");
  const file = {
    format: 1,
    type: "quorate-tokens",
    tokens: [{ name: "one", sha256, read: ["*"] }],
  };
  writeFileSync(tokenFile, JSON.stringify(file), { mode: 0o600 });
  const gateway = await open({ tokenFile });
  expect(await listen(gateway)).toBe(403);
  expect(await listen(gateway, { authorization: "Bearer other" })).toBe(403);
  expect(await listen(gateway, { authorization: "Bearer secret" })).toMatchObject({ events: [] });
});

it("tells a bounded number of a window's requests, and counts the others", async () => {
  const events: JournalEvent[] = [];
  const feed = new RequestFeed({
    count: 1,
    publish: (block) => {
      for (const read of new JournalReader().push(block)) events.push(...read.events());
    },
  });
  const more = 70;
  for (let index = 0; index < FEED_REQUESTS_A_FLUSH_MAX + more; index++) {
    feed.take({
      ...{ atMs: Date.now(), door: "nix", method: "GET", namespace: "team-a" },
      ...{ key: `k${index}`, outcome: "miss", bytes: 0, ms: 3 },
    } satisfies Told);
  }
  await eventually(() => events.length > 0);
  expect(events).toHaveLength(2 * FEED_REQUESTS_A_FLUSH_MAX + 1);
  expect(events.at(-1)).toMatchObject({
    kind: "answer",
    detail: { what: "left out", count: more, hits: 0, misses: more },
  });
});
