import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RunningGateway } from "./start-gateway.ts";
import { eventually, metric, noise, openDoor } from "./testing/door-world.ts";
import { rawRequest } from "./testing/raw-request.ts";
import { ScriptedCluster } from "./testing/scripted-cluster.ts";

const MIB = 1024 * 1024;
const DISK_BYTES_MAX = 100 * MIB;
/** More than the disk may hold, in files and in rows. */
const SIZES = [900, 12_000, 800_000, 4_500_000];
const COUNT = 96;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-eviction-"));
  cluster = new ScriptedCluster();
  const bounds = { diskBytesMax: DISK_BYTES_MAX, memoryBytesMax: 4 * MIB };
  gateway = await openDoor(folder, cluster, { ...bounds, doorDeadlineMs: 20_000 });
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const nameOf = (index: number): string => `/cache/team-a/key-${index}`;
const bodyOf = (index: number): Uint8Array =>
  noise(SIZES[index % SIZES.length]! + index, `${index}`);

describe("a gateway whose disk holds 100 MiB, under tools that put and get more", () => {
  it("answers each request whole: the right bytes, or a miss", async () => {
    const digests: string[] = [];
    const seen = new Map<number, number>();
    const ask = async (index: number): Promise<void> => {
      const answer = await rawRequest(gateway.url, nameOf(index));
      seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
      expect(answer.cutShort).toBe(false);
      expect([200, 404]).toContain(answer.status);
      if (answer.status === 200) expect(sha256(answer.body)).toBe(digests[index]);
    };
    for (let index = 0; index < COUNT; index++) {
      const body = bodyOf(index);
      digests.push(sha256(body));
      const put = rawRequest(gateway.url, nameOf(index), { method: "PUT", body });
      const old = [(index * 7) % (index + 1), (index * 13) % (index + 1)];
      const gets = old.filter((at) => at < index).map(ask);
      expect((await put).status).toBe(201);
      await Promise.all(gets);
    }
    expect(seen.get(200)).toBeGreaterThan(COUNT);
    const disk = (what: string): Promise<number> =>
      metric(gateway.url, `quorate_gateway_cache{tier="disk",what="${what}"}`);
    await eventually(async () => (await disk("bytes")) <= DISK_BYTES_MAX);
    expect(await disk("evictions")).toBeGreaterThan(0);
    expect(await disk("corrupt")).toBe(0);
  });
});
