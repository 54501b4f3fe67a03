import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  ENTRY_CONFIRMED,
  ENTRY_DISPUTED,
  ENTRY_PENDING,
  ENTRY_WITHDRAWN,
} from "../../consensus/wire/rows.ts";
import { eventually, metric, openDoor } from "./testing/door-world.ts";
import { OWN_ASK_MS, OWN_MS_MAX } from "./limits.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { rawRequest } from "./testing/raw-request.ts";
import { ScriptedCluster } from "./testing/scripted-cluster.ts";

/** What becomes of an entry that this gateway put and the cluster does not serve. */

const PATH = "/cache/team-a/key";
const BODY = Buffer.from("what was built here");
const OTHER = Buffer.from("what others have built");
const ENTRY = { namespace: "team-a", name: "key" };

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  folder = mkdtempSync(join(tmpdir(), "quorate-own-"));
  cluster = new ScriptedCluster();
  await open();
});
afterEach(async () => {
  await gateway.close();
  vi.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<void> {
  gateway = await openDoor(folder, cluster);
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
}

function pass(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

/** How the key is answered now: its certainty, or "miss". */
async function look(): Promise<string> {
  const { status, headers } = await rawRequest(gateway.url, PATH);
  return status === 200 ? String(headers["x-quorate-certainty"]) : "miss";
}

/** Put, executed, and out of the journal. */
async function put(): Promise<void> {
  await rawRequest(gateway.url, PATH, { method: "PUT", body: BODY });
  await eventually(async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0);
}

describe("a vote that other operators must join", () => {
  beforeEach(async () => {
    cluster.writes = "pending";
    await put();
  });

  it("is own, and becomes certified once they have", async () => {
    expect(await look()).toBe("own");
    cluster.place({ ...ENTRY, bytes: BODY });
    pass(OWN_ASK_MS);
    await eventually(async () => (await look()) === "certified");
  });

  it("is asked about no more often than it may be", async () => {
    for (let count = 0; count < 20; count++) expect(await look()).toBe("own");
    expect(cluster.readKinds.length).toBeLessThanOrEqual(2);
  });

  it.each([
    ["disputed", ENTRY_DISPUTED],
    ["withdrawn", ENTRY_WITHDRAWN],
  ])("is dropped once it is %s", async (_what, state) => {
    cluster.place({ ...ENTRY, bytes: BODY, state });
    pass(OWN_ASK_MS);
    await eventually(async () => (await look()) === "miss");
  });

  it("is asked about at once when the revocation log names it", async () => {
    expect(await look()).toBe("own");
    cluster.place({ ...ENTRY, bytes: BODY, state: ENTRY_DISPUTED });
    cluster.revoke(ENTRY.namespace, ENTRY.name);
    await eventually(async () => (await look()) === "miss");
  });

  it("gives way to another answer that the cluster serves", async () => {
    cluster.place({ ...ENTRY, bytes: OTHER });
    pass(OWN_ASK_MS);
    await eventually(async () => (await look()) === "certified");
    expect((await rawRequest(gateway.url, PATH)).body).toEqual(OTHER);
  });

  it("ends when they never vote", async () => {
    pass(OWN_MS_MAX - 1);
    expect(await look()).toBe("own");
    pass(1);
    expect(await look()).toBe("miss");
  });

  it("ends at the same time when the gateway is started again", async () => {
    await gateway.close();
    await open();
    expect(await look()).toBe("own");
    pass(OWN_MS_MAX);
    expect(await look()).toBe("miss");
  });
});

describe("an own entry", () => {
  it("is asked about again after a question that failed", async () => {
    cluster.reads = "no-quorum";
    await put();
    expect(await look()).toBe("own");
    cluster.reads = "honest";
    pass(OWN_ASK_MS);
    await eventually(async () => (await look()) === "certified");
  });

  it("waits for the cluster as long as its publication does", async () => {
    cluster.writes = "down";
    await rawRequest(gateway.url, PATH, { method: "PUT", body: BODY });
    pass(3 * OWN_MS_MAX);
    expect(await look()).toBe("own");
    cluster.writes = "pending";
    await eventually(
      async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0,
    );
    expect(await look()).toBe("own");
    pass(OWN_MS_MAX);
    expect(await look()).toBe("miss");
  });

  it("that the journal had no room for becomes what the cluster says, or ends", async () => {
    await gateway.close();
    gateway = await openDoor(folder, cluster, { journal: { countMax: 0 } });
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
    await rawRequest(gateway.url, PATH, { method: "PUT", body: BODY });
    expect(await look()).toBe("own");
    cluster.place({ ...ENTRY, bytes: OTHER, state: ENTRY_CONFIRMED });
    pass(OWN_ASK_MS);
    await eventually(async () => (await look()) === "certified");
    expect((await rawRequest(gateway.url, PATH)).body).toEqual(OTHER);
  });

  it("does not hide for ever what is certified under its key", async () => {
    cluster.writes = "unauthorised";
    cluster.place({ ...ENTRY, bytes: OTHER });
    await put();
    await eventually(async () => (await look()) === "certified");
    expect((await rawRequest(gateway.url, PATH)).body).toEqual(OTHER);
  });

  it("is not dropped for what was said of the one before it", async () => {
    cluster.writes = "pending";
    await put();
    let open: () => void = () => undefined;
    cluster.readGate = new Promise((resolve) => (open = resolve));
    pass(OWN_ASK_MS);
    cluster.place({ ...ENTRY, bytes: BODY, state: ENTRY_WITHDRAWN });
    expect(await look()).toBe("own");
    await eventually(() => cluster.readsWaiting > 0);
    cluster.writes = "hang";
    await rawRequest(gateway.url, PATH, { method: "PUT", body: OTHER });
    cluster.readGate = undefined;
    open();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await look()).toBe("own");
    expect((await rawRequest(gateway.url, PATH)).body).toEqual(OTHER);
  });
});

describe("a pending row", () => {
  it("of others alone is a miss", async () => {
    cluster.place({ ...ENTRY, bytes: OTHER, state: ENTRY_PENDING });
    expect(await look()).toBe("miss");
  });
});
