import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Explanation } from "./api/explain.ts";
import type { Stats } from "./api/stats-json.ts";
import { LineLog } from "./line-log.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { eventually, metric, openDoor } from "./testing/door-world.ts";
import { rawRequest } from "./testing/raw-request.ts";
import { ScriptedCluster } from "./testing/scripted-cluster.ts";
import type { Told } from "./traffic.ts";

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-traffic-"));
  cluster = new ScriptedCluster();
  const accessLog = join(folder, "access.jsonl");
  gateway = await openDoor(folder, cluster, { accessLog, doorDeadlineMs: 5_000 });
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string): ReturnType<typeof rawRequest> => rawRequest(gateway.url, path);
const json = async <Answer>(path: string): Promise<Answer> =>
  JSON.parse((await get(path)).body.toString()) as Answer;
const explain = (key: string): Promise<Explanation> => json(`/api/v1/explain/team-a/${key}`);

function place(name: string, kind = "raw/1"): void {
  cluster.place({ namespace: "team-a", name, bytes: Buffer.from(`value of ${name}`), kind });
}

async function put(path: string, text: string): Promise<void> {
  await rawRequest(gateway.url, path, { method: "PUT", body: Buffer.from(text) });
}

/** What the access log has so far. */
function logged(): string {
  const path = join(folder, "access.jsonl");
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

describe("each door's numbers", () => {
  it("are hits, misses by reason, writes by outcome, bytes and latencies", async () => {
    place("a");
    for (const path of ["a", "a", "none"]) await get(`/cache/team-a/${path}`);
    await put("/cache/team-a/new", "12345");
    await put("/team-a/v1/cache/77", "no archive");
    const door = (name: string, labels: string): Promise<number> =>
      metric(gateway.url, `quorate_gateway_door_${name}{${labels}}`);
    expect(await door("hits_total", 'door="plain"')).toBe(2);
    expect(await door("misses_total", 'door="plain",reason="absent"')).toBe(1);
    expect(await door("writes_total", 'door="plain",outcome="stored"')).toBe(1);
    expect(await door("writes_total", 'door="nx",outcome="malformed"')).toBe(1);
    expect(await door("bytes_total", 'door="plain",direction="out"')).toBe(20);
    expect(await door("bytes_total", 'door="plain",direction="in"')).toBe(5);
    expect(await door("latency_seconds_count", 'door="plain"')).toBe(4);
    expect(await door("latency_seconds_bucket", 'door="plain",le="+Inf"')).toBe(4);
    expect(await door("latency_seconds_sum", 'door="plain"')).toBeGreaterThan(0);
  });

  it("are in the stats, too, with the share of hits", async () => {
    place("a");
    for (const path of ["a", "a", "a", "none"]) await get(`/cache/team-a/${path}`);
    const { doors } = await json<Stats>("/api/v1/stats");
    expect(doors["plain"]).toMatchObject({ hits: 3, hitShare: 0.75, misses: { absent: 1 } });
    expect(doors["plain"]?.latencyMsP99).toBeTypeOf("number");
  });
});

describe("explain", () => {
  it("says that nobody has put it", async () => {
    const { verdict, why, local, cluster: there, last } = await explain("none");
    expect([verdict, local, there.state, last]).toEqual(["miss", null, "absent", null]);
    expect(why).toContain("nobody has put it");
  });

  it("says who vouched, and where it is after it was fetched", async () => {
    place("a");
    const before = await explain("a");
    expect([before.verdict, before.local]).toEqual(["hit", null]);
    await get("/cache/team-a/a");
    const after = await explain("a");
    expect(after.local).toMatchObject({ certified: true, certainty: "certified", level: "l1" });
    expect(after.last).toMatchObject({ door: "plain", outcome: "hit", level: "cluster" });
  });

  it("says what was refused, and when", async () => {
    place("a");
    cluster.reads = "wrong-meaning";
    await get("/cache/team-a/a");
    const { last } = await explain("a");
    expect(last).toMatchObject({
      ...{ outcome: "miss", reason: "refused", detail: "wrong-semantic-digest" },
    });
  });

  it("says that it waits for other operators", async () => {
    cluster.writes = "pending";
    await put("/cache/team-a/a", "mine");
    await eventually(async () => (await explain("a")).cluster.state === "pending");
    const { local, why } = await explain("a");
    expect(local).toMatchObject({ certified: false, certainty: "own" });
    expect(why).toContain("own");
  });

  it("says that the cluster cannot be asked", async () => {
    cluster.reads = "no-quorum";
    const { verdict, why, cluster: there } = await explain("a");
    expect([verdict, there.state]).toEqual(["miss", "unknown"]);
    expect(why).toContain("no certified root");
  });

  it("lists replicas' answers that were not believed", async () => {
    cluster.reads = "forged";
    expect((await explain("a")).cluster.refused).toEqual({ "forged-certificate": 3 });
  });
});

describe("the access log", () => {
  it("has a line for each request, whatever became of it", async () => {
    place("a");
    await get("/cache/team-a/a");
    await get("/cache/team-a/none");
    await put("/cache/team-a/new", "12345");
    await eventually(() => logged().split("\n").length === 4);
    const texts = logged().trimEnd().split("\n");
    const lines = texts.map((line) => JSON.parse(line) as Told);
    expect(lines.map(({ method, key, outcome, bytes }) => [method, key, outcome, bytes])).toEqual([
      ["GET", "a", "hit", 10],
      ["GET", "none", "miss", 0],
      ["PUT", "new", "stored", 5],
    ]);
  });

  it("is bounded: two files, the older one overwritten", async () => {
    const path = join(folder, "bounded.jsonl");
    const log = new LineLog(path, 1000);
    for (let line = 0; line < 100; line++) {
      log.add(`line ${line} ${"x".repeat(90)}`);
      await log.flush();
    }
    for (const name of [path, `${path}.1`]) {
      expect(statSync(name).size).toBeLessThanOrEqual(1200);
    }
    expect(readFileSync(path, "utf8")).toContain("line 99 ");
    expect(log.dropped).toBe(0);
  });

  it("costs lines, not requests, where it cannot be written", async () => {
    const log = new LineLog(join(folder, "access.jsonl", "below", "a", "file"), 1000);
    await put("/cache/team-a/new", "so that the file is there");
    await eventually(() => logged() !== "");
    log.add("lost");
    await log.flush();
    expect(log.dropped).toBe(1);
  });
});

describe("docs/grafana-dashboard.json", () => {
  it("asks only for metrics and labels that there are", async () => {
    place("a");
    await get("/cache/team-a/a");
    await get("/cache/team-a/none");
    await put("/cache/team-a/new", "12345");
    const text = (await get("/metrics")).body.toString();
    const known = new Set(
      text.split("\n").flatMap((line) => /^# TYPE (\S+)/.exec(line)?.[1] ?? []),
    );
    const file = new URL("../../docs/grafana-dashboard.json", import.meta.url);
    const dashboard = JSON.parse(readFileSync(file, "utf8")) as Dashboard;
    const expressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    const asked = new Set(expressions.flatMap((expr) => expr.match(/quorate_\w+/g) ?? []));
    expect(asked.size).toBeGreaterThan(15);
    expect([...asked].filter((name) => !known.has(name))).toEqual([]);
    for (const { expr, legendFormat } of dashboard.panels.flatMap(({ targets }) => targets)) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        expect(expr.includes("by (") ? expr : "tier").toContain(label);
      }
    }
  });
});

interface Dashboard {
  readonly panels: readonly {
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}
