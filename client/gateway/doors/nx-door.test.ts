import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { concatBytes, utf8 } from "../../../base/bytes.ts";
import { writeHeader } from "../../../proof/digest/archive/tar-header.ts";
import { describeDoor } from "./door.case.ts";
import { noise, openDoor, sizeOfBody } from "../testing/door-world.ts";
import { nxDoor } from "./nx-door.ts";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rawRequest } from "../testing/raw-request.ts";

function member(path: string, content: Uint8Array): Uint8Array[] {
  const header = writeHeader({ path, type: "file", mode: 0, target: "", size: content.length });
  return [header, content, new Uint8Array((512 - (content.length % 512)) % 512)];
}

function artifact(index: number): Uint8Array {
  const tar = concatBytes(
    ...member("dist/out", noise(sizeOfBody(index), `nx-${index}`)),
    ...member("code", new Uint8Array(4)),
    new Uint8Array(1024),
  );
  return gzipSync(tar, { level: 4 });
}

describeDoor({
  id: "nx",
  path: (index) => `/team-a/v1/cache/1${index}`,
  entry: (index) => ({ namespace: "team-a", name: `nx/1${index}` }),
  body: artifact,
  stored: (bytes) => ({ bytes, kind: "nx-artifact/1" }),
  hasLarge: true,
  isImmutable: true,
  isPicky: true,
  malformed: { body: Buffer.alloc(2000, "EVIL"), status: 200 },
  allowed: [200, 403, 404, 409],
  status: { miss: 404, stored: [200, 409], readOnlyPut: 403, overSize: 403, withdrawn: 200 },
});

describe("paths of the nx door", () => {
  const door = nxDoor();
  it.each([
    ["/v1/cache/18446744073709551615", "default", "nx/18446744073709551615"],
    ["/team-b/v1/cache/7?x=y", "team-b", "nx/7"],
  ])("%s", (path, namespace, name) => {
    expect(door.resolve(path)).toMatchObject({ namespace, name });
  });

  it.each(["/v1/cache/", "/v1/cache/abc", "/v1/cache/123456789012345678901", "/NO/v1/cache/1"])(
    "%s names nothing",
    (path) => expect(door.resolve(path)).toBe("unnamed"),
  );

  it.each(["/v1/cache/1/2", "/a/b/v1/cache/1", "/v1/other"])("%s is not its own", (path) => {
    expect(door.resolve(path)).toBeUndefined();
  });
});

it("keeps what nx made, without its log and its times", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-nx-door-"));
  const gateway = await openDoor(folder, undefined);
  const file = new URL(
    "../../../proof/digest/archive/testdata/nx.first-build.bin",
    import.meta.url,
  );
  await rawRequest(gateway.url, "/v1/cache/1", { method: "PUT", body: readFileSync(file) });
  const { body } = await rawRequest(gateway.url, "/v1/cache/1");
  const tar = gunzipSync(body).toString("latin1");
  expect(tar).toContain("built a\n");
  expect(tar).toContain("stayed on the machine");
  expect(tar).not.toContain("npm warn");
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

it("a body without an exit code, on which nx would end, is dropped", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-nx-door-"));
  const gateway = await openDoor(folder, undefined);
  const tar = concatBytes(...member("dist/out", utf8("x")), new Uint8Array(1024));
  const put = { method: "PUT", body: gzipSync(tar) };
  expect((await rawRequest(gateway.url, "/v1/cache/1", put)).status).toBe(200);
  expect((await rawRequest(gateway.url, "/v1/cache/1")).status).toBe(404);
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

it("what follows archives, or breaks off in them, keeps no other from being unpacked", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-nx-door-"));
  const gateway = await openDoor(folder, undefined);
  const whole = artifact(1);
  const rest = noise(500_000, "what follows");
  const bodies = [concatBytes(whole, rest), concatBytes(whole.subarray(0, 500), rest)];
  for (const [index, body] of [...bodies, ...bodies, ...bodies].entries()) {
    const put = { method: "PUT", body };
    // Who is still sending when it is answered may hear of nothing but the end.
    await rawRequest(gateway.url, `/v1/cache/2${index}`, put).catch(() => undefined);
  }
  await rawRequest(gateway.url, "/v1/cache/1", { method: "PUT", body: whole });
  expect((await rawRequest(gateway.url, "/v1/cache/1")).body.equals(whole)).toBe(true);
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});
