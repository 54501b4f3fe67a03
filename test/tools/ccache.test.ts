import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually, metric, openDoor } from "../../client/gateway/testing/door-world.ts";
import type { GatewayOptions, RunningGateway } from "../../client/gateway/start-gateway.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { ScriptedCluster } from "../../client/gateway/testing/scripted-cluster.ts";
import { buildLua, hasTool } from "./ccache-build.ts";
import { unpackDebianSource } from "./debian-source.ts";

const missing = ["ccache", "gcc", "make"].filter((name) => !hasTool(name));
const title =
  missing.length === 0
    ? "a real ccache building lua from Debian's sources"
    : `a real ccache; skipped: ${missing.join(", ")}: run bin/system-packages.js as root`;

/** ccache gives up on a connection after 100 ms, which a loaded machine can take. */
const PATIENT = "|connect-timeout=10000";

describe.skipIf(missing.length > 0)(title, () => {
  let folder: string;
  const gateways: RunningGateway[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "quorate-ccache-"));
    expect(unpackDebianSource("lua5.4", join(folder, "first"))).toBe(true);
    cpSync(join(folder, "first"), join(folder, "second"), { recursive: true });
    return () => rmSync(folder, { recursive: true, force: true });
  });

  let cluster: ScriptedCluster;
  beforeEach(() => void (cluster = new ScriptedCluster()));
  afterEach(async () => {
    for (const gateway of gateways.splice(0)) await gateway.close();
  });

  async function open(doorDeadlineMs: number, more: GatewayOptions = {}): Promise<RunningGateway> {
    const home = mkdtempSync(join(folder, "gateway-"));
    const gateway = await openDoor(home, cluster, { doorDeadlineMs, ...more });
    gateways.push(gateway);
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
    return gateway;
  }

  it.each(["subdirs", "flat", "bazel"])(
    "a second checkout behind a second gateway hits every time, byte for byte: layout=%s",
    async (layout) => {
      const first = await open(5_000);
      const cold = await buildLua(
        join(folder, "first"),
        folder,
        `${first.url}/cache/team-a/|layout=${layout}${PATIENT}`,
      );
      expect(cold.objects.size).toBeGreaterThanOrEqual(30);
      expect(cold.statistics.get("cache_miss")).toBe(cold.objects.size);
      await eventually(async () => {
        return (await metric(first.url, "quorate_gateway_journal_depth")) === 0;
      });
      expect(await metric(first.url, "quorate_gateway_evidence")).toBe(0);

      const second = await open(5_000);
      const warm = await buildLua(
        join(folder, "second"),
        folder,
        `${second.url}/cache/team-a/|layout=${layout}${PATIENT}`,
      );
      expect(warm.statistics.get("cache_miss") ?? 0).toBe(0);
      expect(warm.statistics.get("remote_storage_miss") ?? 0).toBe(0);
      expect(warm.statistics.get("direct_cache_hit")).toBe(cold.objects.size);
      expect(warm.objects).toEqual(cold.objects);
      const certified = 'quorate_gateway_hits_total{level="cluster",certainty="certified"}';
      expect(await metric(second.url, certified)).toBe(2 * cold.objects.size);
    },
  );

  it("speaks to it over Redis, and shares the entries with HTTP's flat layout", async () => {
    const first = await open(5_000, { redisPort: 0, textNamespace: "team-a" });
    const redis = `redis://127.0.0.1:${first.redisPort}${PATIENT}`;
    const cold = await buildLua(join(folder, "first"), folder, redis);
    expect(cold.statistics.get("cache_miss")).toBe(cold.objects.size);
    const warm = await buildLua(join(folder, "second"), folder, redis);
    expect(warm.statistics.get("direct_cache_hit")).toBe(cold.objects.size);
    expect(warm.objects).toEqual(cold.objects);
    const flat = `${first.url}/cache/team-a/|layout=flat${PATIENT}`;
    const http = await buildLua(join(folder, "second"), folder, flat);
    expect(http.statistics.get("direct_cache_hit")).toBe(cold.objects.size);
  });

  it("a read-only gateway is no error to it, whatever it wants to upload", async () => {
    const gateway = await open(5_000, { signer: undefined });
    const url = `${gateway.url}/cache/team-a/${PATIENT}`;
    const build = await buildLua(join(folder, "first"), folder, url);
    expect(build.statistics.get("cache_miss")).toBe(build.objects.size);
    expect(build.statistics.get("remote_storage_error") ?? 0).toBe(0);
    expect(build.statistics.get("remote_storage_timeout") ?? 0).toBe(0);
    // Result and manifest: the first refusal did not end the talk.
    const refused = 'quorate_gateway_puts_total{outcome="read-only"}';
    expect(await metric(gateway.url, refused)).toBe(2 * build.objects.size);
    expect(cluster.rows.size).toBe(0);
  });

  it.each(["down", "no-quorum", "forged", "hang", "wrong-meaning", "surprise"] as const)(
    "builds as without a cache while the cluster is '%s'",
    async (script) => {
      const gateway = await open(300);
      cluster.reads = script;
      cluster.writes = "hang";
      const build = await buildLua(join(folder, "first"), folder, `${gateway.url}/cache/team-a/`);
      expect(build.objects.size).toBeGreaterThanOrEqual(30);
    },
  );
});
