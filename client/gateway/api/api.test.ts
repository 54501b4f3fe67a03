import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, openDoor } from "../testing/door-world.ts";
import type { RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { faultsOf } from "../testing/json-schema.ts";
import type { Schema } from "../testing/json-schema.ts";

interface Description {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly responses: Readonly<
            Record<string, { readonly content?: Readonly<Record<string, { schema: Schema }>> }>
          >;
        };
      }
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const description = JSON.parse(
  readFileSync(new URL("../../../docs/openapi.json", import.meta.url), "utf8"),
) as Description;

describe("the query API", () => {
  let folder: string;
  let cluster: ScriptedCluster;
  let gateway: RunningGateway;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-api-"));
    cluster = new ScriptedCluster();
    gateway = await openDoor(folder, cluster);
    await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
    for (const name of ["a/1", "a/2", "b"]) {
      cluster.place({ namespace: "team-a", name, bytes: Buffer.from(`value of ${name}`) });
    }
  });

  afterEach(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The answer, held against what docs/openapi.json says of this path and status. */
  async function ask(path: string, template: string): Promise<[number, unknown]> {
    const answer = await rawRequest(gateway.url, path);
    const described = description.paths[template]?.get.responses[String(answer.status)];
    expect(described, `${template} ${answer.status} is described`).toBeDefined();
    const schema = described?.content?.["application/json"]?.schema;
    if (schema === undefined) return [answer.status, answer.body.toString()];
    const body: unknown = JSON.parse(answer.body.toString());
    expect(faultsOf(body, schema, description.components.schemas)).toEqual([]);
    return [answer.status, body];
  }

  const ENTRY = "/api/v1/entries/{namespace}/{key}";
  const EXPLAIN = "/api/v1/explain/{namespace}/{key}";
  const LIST = "/api/v1/entries/{namespace}";

  it("answers an entry with its receipt and a link that leads to the bytes", async () => {
    const [status, body] = await ask("/api/v1/entries/team-a/a/1", ENTRY);
    expect(status).toBe(200);
    const { entry, receipt, value } = body as {
      entry: { key: string; size: number };
      receipt: string;
      value: string;
    };
    expect(entry).toMatchObject({ key: "a/1", size: 12 });
    expect(Buffer.from(receipt, "base64")).toEqual(Buffer.of(1, 2, 3));
    expect((await rawRequest(gateway.url, value)).body.toString()).toBe("value of a/1");
  });

  it("answers an absence with its receipt", async () => {
    const [status, body] = await ask("/api/v1/entries/team-a/none", ENTRY);
    expect(status).toBe(404);
    expect(body).toMatchObject({ present: false, key: "none", receipt: "AQID" });
  });

  it("lists by prefix, in pages", async () => {
    const [, first] = await ask("/api/v1/entries/team-a?prefix=a/&limit=1", LIST);
    expect(first).toMatchObject({ entries: [{ key: "a/1" }], next: "a/1" });
    const [, second] = await ask("/api/v1/entries/team-a?prefix=a/&limit=1&after=a/1", LIST);
    expect(second).toMatchObject({ entries: [{ key: "a/2" }], next: null });
  });

  it.each([
    ["/api/v1/entries/team-a?limit=0", LIST, 400],
    ["/api/v1/entries/team-a?limit=9999", LIST, 400],
    ["/api/v1/entries/AB/key", ENTRY, 404],
    ["/api/v1/explain/AB/key", EXPLAIN, 404],
    [`/api/v1/explain/team-a/${"k".repeat(513)}`, EXPLAIN, 400],
    [`/api/v1/entries/team-a/${"k".repeat(513)}`, ENTRY, 400],
  ])("%s is refused with a reason", async (path, template, status) => {
    expect((await ask(path, template))[0]).toBe(status);
  });

  it("says that the cluster is the trouble when it is", async () => {
    cluster.reads = "no-quorum";
    const [status, body] = await ask("/api/v1/entries/team-a/a/1", ENTRY);
    expect(status).toBe(503);
    expect(body).toMatchObject({ error: { code: "NO_FRESH_CERTIFICATE" } });
  });

  it.each([
    ["/api/v1/status", "/api/v1/status"],
    ["/api/v1/stats", "/api/v1/stats"],
    ["/api/v1/explain/team-a/a/1", EXPLAIN],
    ["/api/v1/explain/team-a/none", EXPLAIN],
    ["/healthz", "/healthz"],
    ["/readyz", "/readyz"],
    ["/metrics", "/metrics"],
  ])("%s is as described", async (path, template) => {
    expect((await ask(path, template))[0]).toBe(200);
  });

  it("stats and explanations are as described after some traffic, too", async () => {
    for (const name of ["a/1", "none"]) await rawRequest(gateway.url, `/cache/team-a/${name}`);
    expect((await ask("/api/v1/stats", "/api/v1/stats"))[0]).toBe(200);
    for (const name of ["a/1", "none"]) {
      expect((await ask(`/api/v1/explain/team-a/${name}`, EXPLAIN))[0]).toBe(200);
    }
  });

  it("serves every path that is described", () => {
    expect(Object.keys(description.paths).sort()).toEqual(
      [
        ENTRY,
        LIST,
        EXPLAIN,
        "/api/v1/stats",
        "/api/v1/status",
        "/cache/{namespace}/{key}",
        "/healthz",
        "/metrics",
        "/readyz",
      ].sort(),
    );
  });
});
