import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { everyLie } from "../../chaos/liar/lies.ts";
import { runLyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import type { LyingReplica } from "../../chaos/liar/run-lying-replica.ts";
import { equalRoots } from "../system/equal-roots.ts";
import { buildLua, hasTool } from "./ccache-build.ts";
import type { Build } from "./ccache-build.ts";
import { unpackDebianSource } from "./debian-source.ts";

const missing = ["ccache", "gcc", "make"].filter((name) => !hasTool(name));
const title =
  missing.length === 0
    ? "a real ccache in front of four replicas, one of them faulty"
    : `a real ccache and a faulty replica; skipped: ${missing.join(", ")}: run bin/system-packages.js as root`;

/** The first primary: the worst one to be faulty. */
const FAULTY = 0;
const OTHERS = [1, 2, 3];
const NEWS = Buffer.from("a new entry makes a new root");
const PUBLISHED = 'quorate_gateway_publications_total{outcome="published"}';
const REFUSED = "quorate_gateway_refused_total";

describe.skipIf(missing.length > 0)(title, () => {
  let folder: string;
  let plain: Build;
  let cluster: LocalCluster;
  let liar: LyingReplica | undefined;
  const gateways: RunningGateway[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-ccache-trouble-"));
    expect(unpackDebianSource("lua5.4", join(folder, "first"))).toBe(true);
    cpSync(join(folder, "first"), join(folder, "second"), { recursive: true });
    // What the compiler makes when no cache has a part in it: a port where nobody listens.
    plain = await buildLua(join(folder, "first"), folder, "http://127.0.0.1:9/");
    expect(plain.objects.size).toBeGreaterThanOrEqual(30);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  beforeEach(async () => void (cluster = await LocalCluster.create()));
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.close();
    await liar?.close();
    liar = undefined;
    await cluster?.stop();
  });

  async function open(): Promise<RunningGateway> {
    const gateway = await runGateway({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
      folder: mkdtempSync(join(folder, "gateway-")),
      port: 0,
      // Longer than usual, so that a busy machine makes no hit a miss, and well within the 10 s
      // that ccache waits for an answer: beyond them it leaves out what it would have put.
      doorDeadlineMs: 5_000,
    });
    gateways.push(gateway);
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
    return gateway;
  }

  const build = (checkout: string, gateway: RunningGateway): Promise<Build> =>
    buildLua(join(folder, checkout), folder, `${gateway.url}/cache/team-a/|connect-timeout=10000`);

  async function published(gateway: RunningGateway): Promise<void> {
    const waiting = (): Promise<number> => metric(gateway.url, "quorate_gateway_journal_depth");
    // Publishing goes on behind the build, more slowly under a faulty primary.
    for (let round = 0; round < 600 && (await waiting()) > 0; round++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await waiting()).toBe(0);
    expect(await metric(gateway.url, PUBLISHED)).toBe(2 * plain.objects.size);
  }

  /** A second gateway with an empty cache of its own, and an emptied ccache. */
  async function expectAllHits(gateway: RunningGateway, warm: Build): Promise<void> {
    expect(warm.statistics.get("cache_miss") ?? 0).toBe(0);
    expect(warm.statistics.get("remote_storage_miss") ?? 0).toBe(0);
    expect(warm.statistics.get("direct_cache_hit")).toBe(plain.objects.size);
    expect(warm.objects).toEqual(plain.objects);
    const certified = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
    expect(await metric(gateway.url, certified)).toBe(2 * plain.objects.size);
  }

  async function expectEqualRoots(): Promise<void> {
    const lines = await equalRoots(cluster, OTHERS);
    expect(new Set(lines.map((line) => `${line.sequence} ${line.stateRoot}`)).size).toBe(1);
    expect(lines).toHaveLength(OTHERS.length);
  }

  it("the primary killed by SIGKILL during the first build, another one during the second", async () => {
    await cluster.startAll();
    const first = await open();
    const filling = build("first", first);
    await eventually(async () => (await metric(first.url, PUBLISHED)) > 0);
    await cluster.kill(FAULTY);
    const cold = await filling;
    expect(cold.objects).toEqual(plain.objects);
    await published(first);
    await expectEqualRoots();

    cluster.launch(FAULTY);
    await cluster.ready(FAULTY);
    const second = await open();
    const hits = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
    const again = build("second", second);
    await eventually(async () => (await metric(second.url, hits)) > 0);
    await cluster.kill(2);
    await expectAllHits(second, await again);
  });

  it("the primary lies: wrong bytes, old roots, forged receipts, two batches for one number", async () => {
    liar = await runLyingReplica(cluster.nodeFolder(FAULTY));
    await cluster.startAll(OTHERS);
    const first = await open();
    expect((await build("first", first)).objects).toEqual(plain.objects);
    await published(first);
    expect(liar.told.of("equivocation")).toBeGreaterThan(0);
    expect(liar.told.of("forged-execution")).toBeGreaterThan(0);
    expect(await refused(first, "forged-execution")).toBeGreaterThan(0);

    Object.assign(liar.plan, everyLie(), { equivocation: "each" });
    const second = await open();
    await expectAllHits(second, await build("second", second));
    expect(liar.told.of("old-root")).toBeGreaterThan(0);
    // Whether it is asked first is chance; what it pushes reaches everybody who follows roots.
    liar.plan.roots = "forged";
    await rawRequest(first.url, "/cache/team-a/one-more-root", { method: "PUT", body: NEWS });
    await eventually(async () => (await refused(second, "forged-certificate")) > 0);
    await expectEqualRoots();
  });

  const refused = (gateway: RunningGateway, reason: string): Promise<number> =>
    metric(gateway.url, `${REFUSED}{reason="${reason}"}`);
});
