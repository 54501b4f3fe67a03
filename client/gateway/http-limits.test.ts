import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { eventually, metric } from "./testing/door-world.ts";
import { startGateway } from "./start-gateway.ts";
import type { GatewayOptions, RunningGateway } from "./start-gateway.ts";
import { rawRequest } from "./testing/raw-request.ts";

describe("a gateway among hostile sockets", () => {
  let folder: string;
  let gateway: RunningGateway;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quorate-limits-"));
  });
  afterEach(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Impatient only where that is the matter: a machine may stand still for a moment. */
  async function start(limits: GatewayOptions = {}): Promise<void> {
    gateway = await startGateway({ folder, ...limits }, undefined);
  }

  /** Sends bytes and answers what came back until the gateway closed the connection. */
  function send(bytes: string | Uint8Array): Promise<string> {
    return new Promise((resolve) => {
      const socket = connect(gateway.port, gateway.host, () => socket.write(bytes));
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });
  }

  const cutOffs = (reason: string): Promise<number> =>
    metric(gateway.url, `quorate_gateway_cut_offs_total{reason="${reason}"}`);

  it.each([
    ["garbage", "\u0000\u0001garbage\r\n\r\n", /^HTTP\/1.1 400/],
    ["a TLS hello", Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0), /^HTTP\/1.1 400/],
    [
      "a header of more than 16 KiB",
      `GET /cache/a HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(17_000)}\r\n\r\n`,
      /^HTTP\/1.1 431/,
    ],
    [
      "two contradicting lengths",
      "PUT /cache/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      /^HTTP\/1.1 400/,
    ],
  ])("%s is refused and counted", async (_what, bytes, answer) => {
    await start();
    expect(await send(bytes)).toMatch(answer);
    expect(await cutOffs("malformed-request")).toBe(1);
  });

  it.each([
    ["nothing", ""],
    ["half a header", "GET /cache/a HTTP/1.1\r\nHos"],
  ])("a socket that sends %s is closed", async (_what, bytes) => {
    await start({ headerMsMax: 300 });
    await send(bytes);
    expect(await cutOffs("slow-header")).toBe(1);
  });

  it("a body that does not come is cut off, and nothing is stored", async () => {
    await start({ bodySweepMs: 100 });
    await send("PUT /cache/slow HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nabc");
    expect(await cutOffs("slow-body")).toBe(1);
    expect((await rawRequest(gateway.url, "/cache/slow")).status).toBe(404);
  });

  it("a page under a name of its own that points here is not answered", async () => {
    await start();
    const headers = { Host: "evil.example:80" };
    expect((await rawRequest(gateway.url, "/cache/a", { headers })).status).toBe(421);
    for (const host of ["localhost", "127.0.0.1:7480", "[::1]:7480"]) {
      const answer = await rawRequest(gateway.url, "/cache/a", { headers: { Host: host } });
      expect(answer.status).toBe(404);
    }
  });

  it("more connections than the bound are turned away, and room is made again", async () => {
    await start({ connectionCountMax: 8 });
    const held = Array.from({ length: 12 }, () => connect(gateway.port, gateway.host));
    for (const socket of held) socket.on("error", () => undefined);
    await eventually(() => held.some((socket) => socket.destroyed));
    for (const socket of held) socket.destroy();
    await eventually(
      async () =>
        (await rawRequest(gateway.url, "/healthz").catch(() => undefined))?.status === 200,
    );
    expect(await cutOffs("too-many-connections")).toBeGreaterThan(0);
  });

  it("a second gateway on the same folder or port says so", async () => {
    await start();
    await expect(startGateway({ folder }, undefined)).rejects.toMatchObject({
      code: "FOLDER_IN_USE",
    });
    const other = mkdtempSync(join(folder, "other-"));
    await expect(
      startGateway({ folder: other, port: gateway.port }, undefined),
    ).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });

  it("a body that the disk does not take is read to its end, and its tool hears so", async () => {
    await start();
    rmSync(join(folder, "journal"), { recursive: true });
    const body = new Uint8Array(8_000_000);
    const put = await rawRequest(gateway.url, "/cache/large", { method: "PUT", body });
    expect(put.headers["x-quorate-put"]).toBe("failed");
    expect(put.status).toBeLessThan(500);
  });

  it.each([900, 3_000_000, 30_000_000])(
    "a body of %i bytes that is refused does not hide the answer",
    async (size) => {
      await start();
      const body = new Uint8Array(size);
      for (const chunked of [false, true]) {
        const put = await rawRequest(gateway.url, "/cache/", { method: "PUT", body, chunked });
        expect([put.status, put.headers["x-quorate-put"]]).toEqual([400, "unnamed"]);
      }
    },
  );

  it("a body that is refused and has no end is cut off", async () => {
    await start();
    const answered = await new Promise<string>((resolve) => {
      const socket = connect(gateway.port, gateway.host);
      let text = "";
      socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
      socket.write("PUT /cache/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n");
      const more = (): void => {
        while (!socket.destroyed && socket.write(new Uint8Array(1_000_000)));
      };
      socket.on("drain", more);
      more();
    });
    expect(answered).toMatch(/^HTTP\/1.1 400/);
  });

  it.each([
    ["PROPFIND", "/cache/a", 405],
    ["GET", "/nowhere", 404],
    ["PUT", "/cache/", 400],
  ])("%s %s is %i", async (method, path, status) => {
    await start();
    const body = method === "GET" ? undefined : Uint8Array.of(1);
    expect((await rawRequest(gateway.url, path, { method, body })).status).toBe(status);
  });
});
