import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, metric, openDoor } from "./testing/door-world.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { rawRequest } from "./testing/raw-request.ts";
import type { RawAnswer } from "./testing/raw-request.ts";
import { ScriptedCluster } from "./testing/scripted-cluster.ts";

/** A DELETE against everything that may be under way for its key when it comes. */

const PATH = "/cache/team-a/key";
const OLDER = Buffer.from("the older value");
const NEWER = Buffer.from("the newer value");

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-withdrawal-"));
  cluster = new ScriptedCluster();
  await open(8_000);
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(withdrawalDeadlineMs: number): Promise<void> {
  gateway = await openDoor(folder, cluster, { withdrawalDeadlineMs });
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
}

const call = (method: string, body?: Buffer): Promise<RawAnswer> =>
  rawRequest(gateway.url, PATH, body === undefined ? { method } : { method, body });

/** A PUT whose write set is on its way to the cluster. */
async function putAndSend(): Promise<void> {
  await call("PUT", OLDER);
  await eventually(() => cluster.submitted.length === 1);
}

const publications = (outcome: string): Promise<number> =>
  metric(gateway.url, `quorate_gateway_publications_total{outcome="${outcome}"}`);

async function idle(): Promise<void> {
  await eventually(async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0);
}

/** Whatever is still to happen behind the answers has happened, and the key is gone. */
async function isGoneForGood(): Promise<void> {
  await idle();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(cluster.rows.size).toBe(0);
  expect((await call("GET")).status).toBe(404);
}

describe("a DELETE while a publication of its key", () => {
  it("was never sent: it is not sent any more", async () => {
    cluster.writes = "unsignable";
    await call("PUT", OLDER);
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("withdrawn");
    cluster.writes = "honest";
    await isGoneForGood();
    expect(cluster.submitted).toEqual([]);
  });

  it("is sent and not executed: the withdrawal is ordered after it", async () => {
    cluster.writes = "hold";
    await putAndSend();
    const withdrawn = call("DELETE");
    await eventually(async () => (await call("GET")).status === 404);
    cluster.release();
    expect((await withdrawn).headers["x-quorate-delete"]).toBe("withdrawn");
    await isGoneForGood();
    expect(await publications("cancelled")).toBe(1);
    expect(await publications("published")).toBe(0);
  });

  it("has an unknown outcome: the same bytes are carried to their verdict first", async () => {
    cluster.writes = "unknown";
    await putAndSend();
    const withdrawn = call("DELETE");
    await eventually(() => cluster.submitted.length > 1);
    cluster.release();
    expect((await withdrawn).headers["x-quorate-delete"]).toBe("withdrawn");
    await isGoneForGood();
    const sets = new Set(cluster.submitted.map((set) => set.digest.toString()));
    expect(sets.size).toBe(1);
  });

  it("was sent by a process before this one: it is carried to its verdict, too", async () => {
    cluster.writes = "hold";
    await putAndSend();
    await gateway.close();
    await open(8_000);
    await eventually(() => cluster.submitted.length === 2);
    const withdrawn = call("DELETE");
    await eventually(async () => (await call("GET")).status === 404);
    cluster.release();
    expect((await withdrawn).headers["x-quorate-delete"]).toBe("withdrawn");
    await isGoneForGood();
  });

  it("lapses: it is not signed anew", async () => {
    cluster.writes = "hold";
    await putAndSend();
    const withdrawn = call("DELETE");
    await eventually(async () => (await call("GET")).status === 404);
    cluster.lapse();
    expect((await withdrawn).headers["x-quorate-delete"]).toBe("withdrawn");
    await isGoneForGood();
    expect(cluster.submitted).toHaveLength(1);
  });

  it("takes longer than the caller waits: it fails, and the entry goes afterwards", async () => {
    await gateway.close();
    await open(50);
    cluster.writes = "hold";
    await putAndSend();
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("failed");
    cluster.release();
    await eventually(() => cluster.deletes === 1);
    await isGoneForGood();
  });

  it("takes longer than the caller waits, and something newer is put: that stays", async () => {
    await gateway.close();
    await open(50);
    cluster.writes = "hold";
    await putAndSend();
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("failed");
    await call("PUT", OLDER);
    cluster.release();
    await idle();
    await eventually(async () => (await call("GET")).status === 200);
    expect(cluster.deletes).toBe(0);
  });

  it("was executed and is being asked about: the late answer brings nothing back", async () => {
    let open: () => void = () => undefined;
    cluster.readGate = new Promise((resolve) => (open = resolve));
    await call("PUT", OLDER);
    await eventually(() => cluster.rows.size === 1);
    await idle();
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("withdrawn");
    cluster.readGate = undefined;
    open();
    await isGoneForGood();
  });
});

describe("a DELETE while a look-up of its key is under way", () => {
  it("answers: what the look-up brings is not kept", async () => {
    cluster.place({ namespace: "team-a", name: "key", bytes: OLDER });
    let open: () => void = () => undefined;
    cluster.readGate = new Promise((resolve) => (open = resolve));
    const before = call("GET");
    await eventually(() => cluster.readsWaiting > 0);
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("withdrawn");
    cluster.readGate = undefined;
    open();
    expect((await before).status).toBe(200);
    await isGoneForGood();
  });

  it("answers: later look-ups ask for nothing older than the withdrawal", async () => {
    cluster.place({ namespace: "team-a", name: "key", bytes: OLDER });
    await call("GET");
    expect(cluster.readKinds.at(-1)).toBe("certified");
    await call("DELETE");
    await call("GET");
    expect(cluster.readKinds.at(-1)).toBe("session");
  });
});

describe("a DELETE without a cluster", () => {
  it("fails, because another entry may stand there", async () => {
    cluster.reads = "down";
    cluster.writes = "down";
    expect((await call("DELETE")).headers["x-quorate-delete"]).toBe("failed");
  });
});

describe("a PUT after a DELETE", () => {
  it("is published and served", async () => {
    await call("PUT", OLDER);
    await idle();
    await call("DELETE");
    await call("PUT", NEWER);
    await idle();
    await eventually(async () => {
      const answer = await call("GET");
      return answer.headers["x-quorate-certainty"] === "certified" && answer.body.equals(NEWER);
    });
  });
});
