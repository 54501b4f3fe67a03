import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, metric, openDoor } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { auditFolder } from "../start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { CHOICE_MS } from "./audit-choice.ts";
import { readAuditLog } from "./audit-log.ts";
import { auditReport } from "./audit-report.ts";
import type { AuditReport } from "./audit-report.ts";

const SECRET = Buffer.alloc(32, "secret");

/** One and the same day, whenever the test runs: which keys are chosen depends on it. */
let nowMs = 1_800_000_000_000;

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;
beforeEach(() => {
  nowMs = 1_800_000_000_000;
  folder = mkdtempSync(join(tmpdir(), "quorate-audit-"));
  cluster = new ScriptedCluster();
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(auditShare: number, more: GatewayOptions = {}): Promise<void> {
  const chosen = { auditShare, auditSecret: SECRET, auditNowMs: () => nowMs };
  const options = { ...chosen, doorDeadlineMs: 10_000, ...more };
  gateway = await openDoor(folder, cluster, options);
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
}

const get = (name: string): ReturnType<typeof rawRequest> =>
  rawRequest(gateway.url, `/cache/team-a/${name}`);

async function put(name: string, text: string): Promise<string | undefined> {
  const body = Buffer.from(text);
  const answer = await rawRequest(gateway.url, `/cache/team-a/${name}`, { method: "PUT", body });
  expect([200, 201]).toContain(answer.status);
  return answer.headers["x-quorate-put"]?.toString();
}

function place(name: string, text: string): void {
  cluster.place({ namespace: "team-a", name, bytes: Buffer.from(text) });
}

const audits = (outcome: string): Promise<number> =>
  metric(gateway.url, `quorate_gateway_audits_total{outcome="${outcome}"}`);

/** Once the log has so many differences. */
async function reported(differing: number): Promise<AuditReport> {
  let report: AuditReport | undefined;
  await eventually(async () => {
    report = auditReport(await readAuditLog(auditFolder(folder)));
    return report.differing >= differing;
  });
  return report as AuditReport;
}

describe("audit by re-execution", () => {
  it("is off unless it is asked for", async () => {
    await open(0);
    place("a", "one");
    expect((await get("a")).status).toBe(200);
    expect(await audits("asked")).toBe(0);
  });

  it("at 0.1 has 70 to 130 of 1,000 hits made again, each once, and serves them all after", async () => {
    await open(0.1);
    const names = Array.from({ length: 1000 }, (_, index) => `k${index}`);
    for (const name of names) place(name, `value of ${name}`);
    const missed: string[] = [];
    for (const name of names) {
      const answer = await get(name);
      if (answer.status === 200) continue;
      expect(answer.headers["x-quorate-miss"]).toBe("audited");
      missed.push(name);
      expect(await put(name, `value of ${name}`)).toBe("unchanged");
    }
    expect(missed.length).toBeGreaterThanOrEqual(70);
    expect(missed.length).toBeLessThanOrEqual(130);
    expect([await audits("asked"), await audits("agreed")]).toEqual([missed.length, missed.length]);
    for (const name of missed) expect((await get(name)).status).toBe(200);
  });

  it("tells a build that asks again the same, until the tool has answered", async () => {
    await open(1);
    place("a", "one");
    for (let time = 0; time < 2; time++) expect((await get("a")).status).toBe(404);
    const head = await rawRequest(gateway.url, "/cache/team-a/a", { method: "HEAD" });
    expect(head.status).toBe(404);
    await put("a", "one");
    expect((await get("a")).status).toBe(200);
  });

  it("asks about other keys on the next day", async () => {
    await open(0.5);
    const names = Array.from({ length: 40 }, (_, index) => `k${index}`);
    const chosen: string[] = [];
    for (const day of [0, 1]) {
      nowMs += day * CHOICE_MS;
      for (const name of names) {
        place(name, `value of ${name}`);
        if ((await get(name)).status === 404) chosen.push(`${day} ${name}`);
      }
    }
    const [first, second] = [0, 1].map((day) =>
      names.filter((name) => chosen.includes(`${day} ${name}`)),
    );
    expect(first).not.toEqual(second);
    expect(Math.min(first!.length, second!.length)).toBeGreaterThan(5);
  });

  it("serves again what no tool puts", async () => {
    await open(1);
    place("a", "one");
    const statuses: number[] = [];
    for (let time = 0; time < 5; time++) statuses.push((await get("a")).status);
    expect(statuses).toEqual([404, 404, 404, 200, 200]);
    expect([await audits("asked"), await audits("unanswered")]).toEqual([1, 1]);
  });

  it("publishes what agrees as a further attestation", async () => {
    await open(1);
    place("a", "one");
    await get("a");
    const before = cluster.submitted.length;
    await put("a", "one");
    await eventually(() => cluster.submitted.length === before + 1);
  });

  it("never asks for what is only this gateway's own, nor for what its key names", async () => {
    await open(1);
    cluster.writes = "hang";
    await put("mine", "not certified yet");
    expect((await get("mine")).status).toBe(200);
    const digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    cluster.place({ namespace: "default", name: `cas/${digest}`, bytes: Buffer.from("hello") });
    expect((await rawRequest(gateway.url, `/cas/${digest}`)).headers["x-quorate-miss"]).not.toBe(
      "audited",
    );
  });
});

describe("what differs", () => {
  it("is told apart by its likely cause, and what was certified is served on", async () => {
    await open(1);
    const planted = {
      time: ["x = build('12:01:22');", "x = build('12:09:57');", "timestamp"],
      path: ["at /home/ann/src/p/main.c:3", "at /builds/7/p/main.c:3", "absolute path"],
      order: ["a.o\nb.o\nc.o\n", "c.o\na.o\nb.o\n", "order"],
      evil: ["login(user, password)", "login(user) || backdoor()", "poisoning"],
    } as const;
    for (const [name, [certified, rebuilt]] of Object.entries(planted)) {
      place(name, certified);
      expect((await get(name)).headers["x-quorate-miss"]).toBe("audited");
      expect(await put(name, rebuilt)).toBe("conflict");
      expect((await get(name)).body.toString()).toBe(certified);
    }
    const report = await reported(4);
    for (const { key, cause, operator, findings } of report.differences) {
      expect([key, cause]).toEqual([key, planted[key as keyof typeof planted][2]]);
      expect(operator).toBeTypeOf("string");
      expect(findings?.length).toBeGreaterThan(0);
    }
    expect(report.differences[0]?.key).toBe("evil");
    expect(report.causes).toEqual({ timestamp: 1, "absolute path": 1, order: 1, poisoning: 1 });
    expect(await audits("differed")).toBe(4);
  });

  it("is looked into through ccache's and zstd's wrapping", async () => {
    await open(1);
    const name = "result-zstd-short.first-build.bin";
    const body = readFileSync(
      new URL(`../../../proof/digest/ccache/testdata/${name}`, import.meta.url),
    );
    const first = await rawRequest(gateway.url, "/cache/team-b/r", { method: "PUT", body });
    expect(first.status).toBe(201);
    await eventually(
      async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0,
    );
    await eventually(async () => {
      const again = await rawRequest(gateway.url, "/cache/team-b/r");
      return again.headers["x-quorate-miss"] === "audited";
    });
    const answer = await rawRequest(gateway.url, "/cache/team-b/r", { method: "PUT", body });
    expect(answer.headers["x-quorate-put"]).toBe("unchanged");
    expect(await audits("agreed")).toBe(1);
  });
});
