import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { generatedHeader } from "../../base/journal/testing/generated-tape.ts";
import { encodeRecordingHeader } from "../../base/journal/recording-format.ts";
import { temporaryFolder } from "../../node/testing/temporary-folder.ts";
import { LiveHub } from "./live-hub.ts";
import { StaticSite } from "./static-site.ts";
import { ViewerServer } from "./viewer-server.ts";
import type { ViewerServerOptions } from "./viewer-server.ts";

const HAS_IPV6 = Object.values(networkInterfaces())
  .flat()
  .some((each) => each?.address === "::1");
const UPGRADE = {
  ...{ connection: "upgrade", upgrade: "websocket", "sec-websocket-version": "13" },
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};

/** A server of a page, a recording and a live feed. */
async function serve(options: Partial<ViewerServerOptions> = {}): Promise<URL> {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "index.html"), "the page");
  writeFileSync(join(folder, "run.qjournal"), "the recording");
  const header = generatedHeader({ memberCount: 4, clientCount: 1, instanceCount: 1, seed: 1 });
  const server = new ViewerServer(
    { host: "127.0.0.1", port: 0, file: join(folder, "run.qjournal"), ...options },
    new StaticSite(folder),
    new LiveHub(encodeRecordingHeader(header)),
  );
  const url = await server.listen();
  onTestFinished(() => server.close());
  return new URL(url);
}

/** The status of a request whose path and headers are sent as they are. */
function ask(
  { hostname, port }: URL,
  path: string,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: hostname.replace(/[[\]]/g, ""), port, path, headers });
    asked.once("response", (response) => resolve(response.resume().statusCode));
    asked.once("upgrade", (response, socket) => {
      socket.destroy();
      resolve(response.statusCode);
    });
    asked.once("error", reject).end();
  });
}

it("answers who asks for what is no address, and goes on", async () => {
  const url = await serve();
  for (const path of ["//", "///", "http://[", "//x:y/"]) {
    expect(await ask(url, path), path).toBe(404);
    expect(await ask(url, path, UPGRADE), path).toBe(403);
  }
  expect(await ask(url, "/")).toBe(200);
});

it("shows nothing to pages whose name was led to this machine", async () => {
  const url = await serve();
  const paths = ["/", "/recording/run.qjournal", "/recording-index/run.qjournal", "/entry/a/b"];
  for (const host of ["evil.example", `evil.example:${url.port}`, "127.0.0.1.evil.example"]) {
    for (const path of paths) expect(await ask(url, path, { host }), path).toBe(403);
    const origin = `http://${host}`;
    expect(await ask(url, "/live", { ...UPGRADE, host, origin }), host).toBe(403);
  }
  for (const host of ["localhost:1234", "127.0.0.1", "[::1]:7490", "[::1]"]) {
    expect(await ask(url, "/", { host }), host).toBe(200);
    expect(await ask(url, "/live", { ...UPGRADE, host }), host).toBe(101);
  }
});

it("asks who comes by whatever name for the token that it has, and for nothing else", async () => {
  const url = await serve({ token: "secret" });
  expect(url.search).toContain("token=secret");
  const host = "viewer.example";
  expect(await ask(url, "/", { host })).toBe(200);
  for (const [token, recording, live] of [
    ["", 404, 403],
    ["?token=wrong", 404, 403],
    ["?token=secret", 200, 101],
  ] as const) {
    expect(await ask(url, `/recording/run.qjournal${token}`, { host }), token).toBe(recording);
    expect(await ask(url, `/live${token}`, { ...UPGRADE, host }), token).toBe(live);
  }
});

const ADDRESS_TITLE = "says an address that a browser can open, of the newer kind too";
const LACKING = HAS_IPV6 ? "" : " skipped: kernel: has no IPv6 on its loopback";

it.skipIf(!HAS_IPV6)(`${ADDRESS_TITLE}${LACKING}`, async () => {
  const url = await serve({ host: "::1" });
  expect(url.hostname).toBe("[::1]");
  expect(await (await fetch(url)).text()).toBe("the page");
});
