import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePortRun } from "../../bench/harness/free-ports.ts";
import { eventually, metric } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { buildLua, hasTool } from "./ccache-build.ts";
import { unpackDebianSource } from "./debian-source.ts";

const QUORATE = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "bin/quorate.js");
const missing = ["ccache", "gcc", "make"].filter((name) => !hasTool(name));
const title =
  missing.length === 0
    ? "a real ccache in front of four replicas"
    : `a real ccache in front of four replicas; skipped: ${missing.join(", ")}: run bin/system-packages.js as root`;

function quorate(...args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, [QUORATE, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`quorate ${args.join(" ")} ended with ${status}: ${stderr}`);
}

describe.skipIf(missing.length > 0)(title, () => {
  let folder: string;
  let first: string;
  let second: string;
  let clusterFolder: string;
  let secondCache: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-ccache-cluster-"));
    clusterFolder = join(folder, "cluster");
    secondCache = join(folder, "second-gateway");
    const basePort = await freePortRun(6);
    const [gatewayPort, otherPort] = [basePort + 4, basePort + 5];
    first = `http://127.0.0.1:${gatewayPort}`;
    second = `http://127.0.0.1:${otherPort}`;
    const ports = ["--base-port", `${basePort}`, "--gateway-port", `${gatewayPort}`];
    quorate("up", "--dir", clusterFolder, ...ports, "--detach");
    const cluster = join(clusterFolder, "cluster.json");
    const where = ["--cache", secondCache, "--port", `${otherPort}`];
    quorate("gateway", "--cluster", cluster, ...where, "--detach");
    expect(unpackDebianSource("lua5.4", join(folder, "first"))).toBe(true);
    cpSync(join(folder, "first"), join(folder, "second"), { recursive: true });
  });

  afterAll(() => {
    quorate("down", "--dir", secondCache);
    quorate("down", "--dir", clusterFolder);
    rmSync(folder, { recursive: true, force: true });
  });

  it("a second checkout behind a second gateway hits every time, certified, byte for byte", async () => {
    const cold = await buildLua(
      join(folder, "first"),
      folder,
      `${first}/cache/team-a/|connect-timeout=10000`,
    );
    expect(cold.objects.size).toBeGreaterThanOrEqual(30);
    await eventually(async () => (await metric(first, "quorate_gateway_journal_depth")) === 0);
    const published = 'quorate_gateway_publications_total{outcome="published"}';
    expect(await metric(first, published)).toBe(2 * cold.objects.size);

    await eventually(async () => (await rawRequest(second, "/readyz")).status === 200);
    const warm = await buildLua(
      join(folder, "second"),
      folder,
      `${second}/cache/team-a/|connect-timeout=10000`,
    );
    expect(warm.statistics.get("cache_miss") ?? 0).toBe(0);
    expect(warm.statistics.get("remote_storage_miss") ?? 0).toBe(0);
    expect(warm.objects).toEqual(cold.objects);
    const certified = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
    expect(await metric(second, certified)).toBe(2 * cold.objects.size);
  });
});
