import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunningGateway } from "../start-gateway.ts";
import { noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { RawAnswer } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { davDoor } from "./dav-door.ts";
import { describeDoor } from "./door.case.ts";

describeDoor({
  id: "dav",
  path: (index) => `/dav/team-a/a/b/${index}`,
  entry: (index) => ({ namespace: "team-a", name: `dav/a/b/${index}` }),
  body: (index) => noise(sizeOfBody(index), `dav-${index}`),
  stored: (bytes) => ({ bytes, kind: "raw/1" }),
  hasLarge: true,
  isImmutable: true,
  isPicky: false,
  allowed: [201, 200, 404, 400],
  status: { miss: 404, stored: [201], readOnlyPut: 403, overSize: 413, withdrawn: 204 },
});

describe("the folder that the dav door plays", () => {
  let folder: string;
  let gateway: RunningGateway;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-dav-door-"));
    gateway = await openDoor(folder, undefined);
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const call = (method: string, path: string, body?: Uint8Array): Promise<RawAnswer> =>
    rawRequest(gateway.url, path, { method, body });

  it("has every folder, and makes any", async () => {
    const found = await call("PROPFIND", "/dav/team-a/x/y/", Buffer.from("<propfind/>"));
    expect(found.status).toBe(207);
    expect(found.body.toString()).toContain("<D:collection/>");
    expect((await call("MKCOL", "/dav/team-a/x/")).status).toBe(201);
    expect((await call("OPTIONS", "/dav/team-a/")).headers["dav"]).toBe("1");
    expect((await call("COPY", "/dav/team-a/x")).status).toBe(405);
  });

  it("tells a file's size, and what is not there", async () => {
    await call("PUT", "/dav/team-a/x/file%20&%3C", Buffer.from("seven b"));
    const found = await call("PROPFIND", "/dav/team-a/x/file%20&%3C");
    expect(found.status).toBe(207);
    expect(found.body.toString()).toContain("<D:getcontentlength>7<");
    expect(found.body.toString()).toContain("<D:href>/dav/team-a/x/file%20&amp;%3C</D:href>");
    expect((await call("PROPFIND", "/dav/team-a/x/none")).status).toBe(404);
  });

  it("lets sccache probe it, and tells it when it cannot write", async () => {
    const probe = "/dav/team-a/.sccache_check";
    expect((await call("GET", probe)).body.toString()).toBe("Hello, World!");
    expect((await call("PUT", probe, Buffer.from("Hello, World!"))).status).toBe(201);
    const cluster = new ScriptedCluster();
    const readOnly = await openDoor(mkdtempSync(join(folder, "ro-")), cluster, {
      signer: undefined,
    });
    expect((await rawRequest(readOnly.url, probe, { method: "PUT" })).status).toBe(403);
    await readOnly.close();
  });

  it.each(["/dav/team-a", "/dav/No/x", "/dav/team-a/", "/dav/team-a/%zz"])(
    "%s names no entry",
    (path) => expect(davDoor().resolve(path)).toBe("unnamed"),
  );
});
