import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { freePortRun } from "../../bench/harness/free-ports.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { runGateway } from "../../client/gateway/run-gateway.ts";
import type { RunningGateway } from "../../client/gateway/run-gateway.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { writeProject } from "./build-tool.ts";
import type { BuildTool, Built } from "./build-tool.ts";
import { bazel, bazelOverGrpc, gradle, nix } from "./debian-tools.ts";
import { metro, moon, moonOverGrpc, nx, opendal, turbo } from "./node-tools.ts";

const TOOLS: readonly BuildTool[] = [
  ...[turbo, nx, moon, moonOverGrpc, metro, opendal, nix, bazel, bazelOverGrpc, gradle],
];
const NAMESPACE = "team-a";

/** Each tool four times: it fills, it hits, it hits with a replica killed, it lives without any. */
describe.each(TOOLS.map((tool) => [titleOf(tool), tool] as const))("%s", (_title, tool) => {
  let folder: string;
  let cluster: LocalCluster;
  let plain: Built;
  /** One for all gateways, which come after each other: moon hashes its configuration. */
  let port: number;
  let grpcPort: number;
  const gateways: RunningGateway[] = [];

  beforeAll(async () => {
    if (tool.missing !== undefined) return;
    folder = mkdtempSync(join(tmpdir(), "quorate-doors-"));
    port = await freePortRun(2);
    grpcPort = port + 1;
    // What the tool makes when no cache has a part in it: an empty one, without any cluster.
    const home = mkdtempSync(join(folder, "gateway-"));
    const local = await runGateway({ folder: home, port, grpcPort });
    plain = await build(local.url);
    await local.close();
    expect(plain.outputs.size).toBeGreaterThan(0);
    cluster = await LocalCluster.start();
  });
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.close();
  });
  afterAll(async () => {
    await cluster?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  /** With an empty cache of its own. */
  async function open(): Promise<RunningGateway> {
    const gateway = await runGateway({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
      folder: mkdtempSync(join(folder, "gateway-")),
      port,
      grpcPort,
      doorDeadlineMs: 20_000,
    });
    gateways.push(gateway);
    return gateway;
  }

  async function opened(): Promise<RunningGateway> {
    const gateway = await open();
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
    return gateway;
  }

  /** In a new checkout, with an emptied local state. */
  function build(url: string): Promise<Built> {
    const home = mkdtempSync(join(folder, "home-"));
    // Some tools hash where they are.
    const checkout = join(folder, "checkout");
    rmSync(checkout, { recursive: true, force: true });
    mkdirSync(checkout);
    writeProject(checkout, tool.project);
    const grpcUrl = `grpc://127.0.0.1:${grpcPort}`;
    return tool.build({ checkout, home, url, grpcUrl, namespace: NAMESPACE });
  }

  async function published(gateway: RunningGateway): Promise<void> {
    await eventually(
      async () => (await metric(gateway.url, "quorate_gateway_journal_depth")) === 0,
    );
  }

  const skipped = tool.missing !== undefined;

  it.skipIf(skipped)("a cold build fills the cluster, and makes what it always makes", async () => {
    const gateway = await opened();
    const cold = await build(gateway.url);
    expect(cold.hits).toBe(0);
    expect(cold.outputs).toEqual(plain.outputs);
    await published(gateway);
    const line = 'quorate_gateway_publications_total{outcome="published"}';
    expect(await metric(gateway.url, line)).toBeGreaterThanOrEqual(tool.count);
  });

  it.skipIf(skipped)("behind another gateway it hits every time, with equal outputs", async () => {
    const gateway = await opened();
    const warm = await build(gateway.url);
    expect(warm.hits).toBe(tool.count);
    expect(warm.outputs).toEqual(plain.outputs);
    const certified = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
    expect(await metric(gateway.url, certified)).toBeGreaterThanOrEqual(tool.count);
  });

  it.skipIf(skipped)("with the primary killed in mid-run it hits every time", async () => {
    const gateway = await opened();
    const building = build(gateway.url);
    await cluster.kill(0);
    const warm = await building;
    expect(warm.hits).toBe(tool.count);
    expect(warm.outputs).toEqual(plain.outputs);
  });

  it.skipIf(skipped)(
    "with the quorum lost in mid-run, and without any replica, it builds",
    async () => {
      const amid = await opened();
      const building = build(amid.url);
      await cluster.kill(1);
      expect((await building).outputs).toEqual(plain.outputs);
      await amid.close();
      gateways.splice(0);
      await cluster.kill(2);
      await cluster.kill(3);
      const alone = await build((await open()).url);
      expect(alone.hits).toBe(0);
      expect(alone.outputs).toEqual(plain.outputs);
    },
  );
});

function titleOf(tool: BuildTool): string {
  const { name, missing } = tool;
  return missing === undefined ? name : `${name}; skipped: ${missing}`;
}
