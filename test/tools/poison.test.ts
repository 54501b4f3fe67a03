import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, metric, openDoor } from "../../client/gateway/testing/door-world.ts";
import { rawRequest } from "../../client/gateway/testing/raw-request.ts";
import { ScriptedCluster } from "../../client/gateway/testing/scripted-cluster.ts";
import type { RunningGateway } from "../../client/gateway/start-gateway.ts";
import { decodeActionResult } from "../../proof/digest/remote-execution/action-result.ts";
import { writeProject } from "./build-tool.ts";
import type { BuildTool, Built } from "./build-tool.ts";
import { bazel, bazelOverGrpc } from "./debian-tools.ts";
import { turbo } from "./node-tools.ts";

const NAMESPACE = "team-a";
const EVIL = Buffer.from("EVIL\n");

let folder: string;
let cluster: ScriptedCluster;
const gateways: RunningGateway[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-poison-"));
  cluster = new ScriptedCluster();
});
afterEach(async () => {
  for (const gateway of gateways.splice(0)) await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

/** One with an empty cache of its own, in front of the same cluster. */
async function open(): Promise<RunningGateway> {
  const home = mkdtempSync(join(folder, "gateway-"));
  const options = { grpcPort: 0, doorDeadlineMs: 20_000 };
  const gateway = await openDoor(home, cluster, options);
  gateways.push(gateway);
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
  return gateway;
}

function build(tool: BuildTool, { url, grpcPort }: RunningGateway): Promise<Built> {
  const home = mkdtempSync(join(folder, "home-"));
  const checkout = join(folder, "checkout");
  rmSync(checkout, { recursive: true, force: true });
  mkdirSync(checkout);
  writeProject(checkout, tool.project);
  const grpcUrl = `grpc://127.0.0.1:${grpcPort}`;
  return tool.build({ checkout, home, url, grpcUrl, namespace: NAMESPACE });
}

/** A cold build, until all of it is in the cluster. */
async function fill(tool: BuildTool): Promise<Built> {
  const gateway = await open();
  const cold = await build(tool, gateway);
  await expect
    .poll(() => metric(gateway.url, "quorate_gateway_journal_depth"), { timeout: 60_000 })
    .toBe(0);
  return cold;
}

async function bytesOf(name: string): Promise<Uint8Array> {
  const found = await cluster.client().get(NAMESPACE, name);
  if (found.status === "miss") throw new Error(`${name} is not there`);
  return found.value.read();
}

function namesBelow(prefix: string): string[] {
  return [...cluster.rows.values()]
    .map(({ name }) => name)
    .filter((name) => name.startsWith(prefix));
}

describe.each([bazel, bazelOverGrpc].map((tool) => [tool.name, tool] as const))(
  "%s",
  (_name, tool) => {
    it.skipIf(tool.missing !== undefined)(
      "makes what it makes, whatever blobs an action's result leads to",
      async () => {
        const cold = await fill(tool);
        const results = namesBelow("bazel/ac/");
        expect(results).toHaveLength(3);
        for (const [index, result] of results.entries()) {
          const { files } = decodeActionResult(await bytesOf(result));
          const text = files.find(({ path }) => path.endsWith(".txt"));
          const name = `bazel/cas/${text?.digest?.hash}`;
          const bytes = await bytesOf(name);
          cluster.rows.delete(`${NAMESPACE}/${name}`);
          // The first is gone, the second another namespace's, the third other bytes.
          if (index === 1) cluster.place({ namespace: "team-b", name, bytes });
          if (index === 2) cluster.place({ namespace: NAMESPACE, name, bytes: EVIL });
        }
        const gateway = await open();
        const warm = await build(tool, gateway);
        expect(warm.hits).toBe(0);
        expect(warm.outputs).toEqual(cold.outputs);
        const count = (line: string): Promise<number> =>
          metric(gateway.url, `quorate_gateway_${line}`);
        expect(await count('misses_total{reason="incomplete"}')).toBeGreaterThanOrEqual(3);
        expect(await count('refused_total{reason="foreign-entry"}')).toBeGreaterThanOrEqual(1);
      },
    );
  },
);

describe(turbo.name, () => {
  it.skipIf(turbo.missing !== undefined)(
    "makes what it makes, whatever lies under its keys",
    async () => {
      const cold = await fill(turbo);
      const [one, two] = namesBelow("turbo/") as [string, string];
      const kind = "turbo-artifact/1";
      const { semanticDigest } = cluster.rows.get(`${NAMESPACE}/${two}`)!;
      // Another key's valid entry, which turbo's own signature tells, and no artifact at all.
      const other = await bytesOf(two);
      cluster.place({ namespace: NAMESPACE, name: one, kind, bytes: other, semanticDigest });
      cluster.place({ namespace: NAMESPACE, name: two, kind, bytes: EVIL });
      const gateway = await open();
      const warm = await build(turbo, gateway);
      expect(warm.hits).toBe(0);
      expect(warm.outputs).toEqual(cold.outputs);
      const line = 'quorate_gateway_refused_total{reason="malformed-value"}';
      expect(await metric(gateway.url, line)).toBeGreaterThanOrEqual(1);
    },
  );
});
