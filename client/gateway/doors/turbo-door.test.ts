import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { concatBytes } from "../../../base/bytes.ts";
import { writeTurboEnvelope } from "../../../proof/digest/turbo/turbo-artifact.ts";
import type { RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { describeDoor } from "./door.case.ts";
import { eventually, noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { turboDoor } from "./turbo-door.ts";

const ZSTD = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
const artifact = (index: number): Uint8Array =>
  concatBytes(ZSTD, noise(sizeOfBody(index), `turbo-${index}`));
const hashOf = (index: number): string => index.toString(16).padStart(16, "0");

describeDoor({
  id: "turbo",
  path: (index) => `/v8/artifacts/${hashOf(index)}?slug=team-a`,
  entry: (index) => ({ namespace: "team-a", name: `turbo/${hashOf(index)}` }),
  body: artifact,
  stored: (body) => ({
    bytes: concatBytes(writeTurboEnvelope("")!, body),
    kind: "turbo-artifact/1",
  }),
  hasLarge: true,
  isImmutable: true,
  isPicky: true,
  malformed: { body: Buffer.alloc(2000, "EVIL"), status: 400 },
  allowed: [200, 202, 400, 403, 404],
  status: {
    miss: 404,
    stored: [200, 202],
    readOnlyPut: 403,
    overSize: 413,
    withdrawn: 204,
  },
});

describe("paths of the turbo door", () => {
  const door = turboDoor();
  it.each([
    ["/v8/artifacts/0123456789abcdef", "default"],
    ["/v8/artifacts/0123456789abcdef?slug=team-a", "team-a"],
    ["/v8/artifacts/0123456789abcdef?teamId=team_a", "team-a"],
    ["/v8/artifacts/0123456789abcdef?teamId=team_a&slug=web", "web"],
  ])("%s", (path, namespace) => {
    expect(door.resolve(path)).toMatchObject({ namespace, name: "turbo/0123456789abcdef" });
  });

  it("a team that can be no namespace names nothing", () => {
    expect(door.resolve("/v8/artifacts/0123456789abcdef?slug=No%20Team")).toBe("unnamed");
  });
});

describe("what turbo asks beside artifacts", () => {
  let folder: string;
  let gateway: RunningGateway;
  const cluster = new ScriptedCluster();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-turbo-door-"));
    gateway = await openDoor(folder, cluster);
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const path = `/v8/artifacts/${hashOf(1)}`;

  it("the tag comes back as it was sent, from memory, disk and cluster", async () => {
    const tag = "8CJGut/9mIEaTPOWJDkHoIUr6DuKy+lpFrsLWSd0T60=";
    const headers = { "x-artifact-tag": tag, "x-artifact-duration": "439" };
    for (const index of [1, 100]) {
      const at = `/v8/artifacts/${hashOf(index)}`;
      await rawRequest(gateway.url, at, { method: "PUT", body: artifact(index), headers });
      const answer = await rawRequest(gateway.url, at);
      expect(answer.headers["x-artifact-tag"]).toBe(tag);
      expect(Buffer.compare(answer.body, artifact(index))).toBe(0);
      const head = await rawRequest(gateway.url, at, { method: "HEAD" });
      expect(head.headers["content-length"]).toBe(String(artifact(index).length));
    }
    await eventually(() => cluster.rows.size === 2);
    const other = await openDoor(mkdtempSync(join(folder, "other-")), cluster);
    await eventually(async () => (await rawRequest(other.url, path)).status === 200);
    const far = await rawRequest(other.url, path);
    expect(far.headers["x-artifact-tag"]).toBe(tag);
    expect(far.body).toEqual(Buffer.from(artifact(1)));
    await other.close();
  });

  it("a tag that is none is refused, and nothing is kept", async () => {
    const at = `/v8/artifacts/${hashOf(9)}`;
    const headers = { "x-artifact-tag": "x".repeat(200) };
    const put = await rawRequest(gateway.url, at, { method: "PUT", body: artifact(9), headers });
    expect(put.status).toBe(400);
    expect((await rawRequest(gateway.url, at)).status).toBe(404);
  });

  it("status, preflight, events and batches are answered", async () => {
    const status = await rawRequest(gateway.url, "/v8/artifacts/status?slug=team-a");
    expect(JSON.parse(status.body.toString())).toEqual({ status: "enabled" });
    const preflight = await rawRequest(gateway.url, path, { method: "OPTIONS" });
    expect(preflight.headers["access-control-allow-headers"]).toContain("Authorization");
    const post = (at: string, body: string): ReturnType<typeof rawRequest> =>
      rawRequest(gateway.url, at, { method: "POST", body: Buffer.from(body) });
    expect((await post("/v8/artifacts/events", "[{}]")).status).toBe(200);
    const hashes = [hashOf(1), hashOf(77), "../etc", 5];
    const batch = await post("/v8/artifacts", JSON.stringify({ hashes }));
    expect(JSON.parse(batch.body.toString())).toEqual({
      [hashOf(1)]: { size: artifact(1).length, taskDurationMs: 0 },
      [hashOf(77)]: null,
    });
    for (const body of ["", "no json", "[]", '{"hashes":7}']) {
      expect((await post("/v8/artifacts", body)).body.toString()).toBe("{}\n");
    }
  });
});
