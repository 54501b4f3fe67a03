import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../start-gateway.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { describeDoor } from "./door.case.ts";
import { eventually, noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { plainDoor } from "./plain-door.ts";

const HEX40 = "0123456789abcdef0123456789abcdef01234567";
const LAYOUTS: readonly (readonly [string, string])[] = [
  ["subdirs", `aa/${"b".repeat(31)}`],
  ["flat", "c".repeat(33)],
  ["bazel", `ac/${HEX40}${HEX40.slice(0, 24)}`],
];

describeDoor({
  id: "plain",
  path: (index) => `/cache/team-a/key/${index}`,
  entry: (index) => ({ namespace: "team-a", name: `key/${index}` }),
  body: (index) => noise(sizeOfBody(index), `compiled-${index}`),
  stored: (bytes) => ({ bytes, kind: "raw/1" }),
  hasLarge: true,
  isImmutable: true,
  isPicky: false,
  allowed: [200, 201, 404],
  status: {
    miss: 404,
    stored: [200, 201, 204],
    readOnlyPut: 200,
    overSize: 413,
    withdrawn: 204,
  },
});

describe("every ccache layout at every route", () => {
  const door = plainDoor();

  it.each(LAYOUTS)("%s below /cache/ is a key of 'default'", (_layout, key) => {
    expect(door.resolve(`/cache/${key}`)).toMatchObject({ namespace: "default", name: key });
  });

  it.each(LAYOUTS)("%s below /cache/{namespace}/ is a key of the namespace", (_layout, key) => {
    for (const namespace of ["default", "abc", "team-1"]) {
      expect(door.resolve(`/cache/${namespace}/${key}`)).toMatchObject({ namespace, name: key });
    }
  });

  it.each(LAYOUTS)("%s is one entry by both routes to 'default'", (_layout, key) => {
    const [short, long] = [`/cache/${key}`, `/cache/default/${key}`].map((path) =>
      door.resolve(path),
    );
    expect(short).toEqual(long);
  });
});

describe("paths of the plain door", () => {
  const door = plainDoor();
  it.each([
    ["/cache/v8/artifacts/1", "default", "v8/artifacts/1"],
    ["/cache/cas/00", "default", "cas/00"],
    ["/cache/ab/cd", "default", "ab/cd"],
    ["/cache/Team/key", "default", "Team/key"],
    ["/cache/team/a%2Fb%20c", "team", "a/b c"],
    ["/cache/team/%C3%A4", "team", "ä"],
  ])("%s", (path, namespace, name) => {
    expect(door.resolve(path)).toMatchObject({ namespace, name });
  });

  it.each([
    ["no key", "/cache/"],
    ["no key in a namespace", "/cache/team/"],
    ["broken escapes", "/cache/%zz"],
    ["half a character", "/cache/%C3"],
    ["a key of 513 bytes", `/cache/${"k".repeat(513)}`],
  ])("%s names nothing", (_what, path) => {
    expect(door.resolve(path)).toBe("unnamed");
  });
});

describe("Gradle at the plain door", () => {
  const artifact = (build: string): Uint8Array => {
    const file = `../../../proof/digest/archive/testdata/gradle.${build}-build.bin`;
    return readFileSync(new URL(file, import.meta.url));
  };
  const PATH = "/cache/team-a/55e6948215ca9599f65a2af487a294f8";
  const headers = { "Content-Type": "application/vnd.gradle.build-cache-artifact.v1" };
  let folder: string;
  let gateway: RunningGateway;
  const cluster = new ScriptedCluster();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-gradle-door-"));
    gateway = await openDoor(folder, cluster);
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const put = (body: Uint8Array, path = PATH): ReturnType<typeof rawRequest> =>
    rawRequest(gateway.url, path, { method: "PUT", body, headers });

  it("two honest builds are one answer, without the machine that made it", async () => {
    expect((await put(artifact("first"))).headers["x-quorate-put"]).toBe("stored");
    const first = await rawRequest(gateway.url, PATH);
    const metadata = gunzipSync(first.body).toString("latin1");
    expect(metadata).toContain("\nhostName=-\n");
    expect(metadata).toContain("type=org.gradle.api.tasks.compile.JavaCompile");
    await eventually(() => cluster.rows.size === 1);
    expect(cluster.rows.get(`team-a/${PATH.slice(14)}`)?.kind).toBe("gradle-artifact/1");
    await eventually(async () => {
      return (await put(artifact("second"))).headers["x-quorate-put"] === "unchanged";
    });
    expect((await rawRequest(gateway.url, PATH)).body).toEqual(first.body);
  });

  it("a body that is none is not kept, and is no error to Gradle", async () => {
    const path = `${PATH.slice(0, -1)}0`;
    for (const body of [Buffer.from("EVIL"), artifact("first").subarray(0, -9)]) {
      const answer = await put(body, path);
      expect([answer.status, answer.headers["x-quorate-put"]]).toEqual([200, "malformed"]);
    }
    expect((await rawRequest(gateway.url, path)).status).toBe(404);
  });
});

it.each(["PUT", "POST", "PATCH"])("Rush may write by %s", async (method) => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-rush-door-"));
  const gateway = await openDoor(folder, undefined);
  const body = Buffer.from("a project's outputs");
  expect((await rawRequest(gateway.url, "/cache/rush-1", { method, body })).status).toBe(201);
  expect((await rawRequest(gateway.url, "/cache/rush-1")).body).toEqual(body);
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});
