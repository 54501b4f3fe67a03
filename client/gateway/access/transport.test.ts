import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "node:tls";
import type { SecureVersion } from "node:tls";
import { credentials, status } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { openDoor } from "../testing/door-world.ts";
import { grpcCall } from "../testing/grpc-request.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { isLoopback } from "./plain-text.ts";

const CAPABILITIES = "/build.bazel.remote.execution.v2.Capabilities/GetCapabilities";

let folder: string;
const open: RunningGateway[] = [];

function pem(name: string): { readonly certificate: string; readonly key: string } {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-transport-"));
  for (const name of ["one", "other"]) {
    const { certificate, key } = pem(name);
    copyFileSync(new URL(`testdata/${name}.crt.pem`, import.meta.url), certificate);
    copyFileSync(new URL(`testdata/${name}.key.pem`, import.meta.url), key);
    chmodSync(key, 0o600);
  }
});
afterEach(async () => {
  for (const gateway of open.splice(0)) await gateway.close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function start(options: GatewayOptions): Promise<RunningGateway> {
  const home = mkdtempSync(join(folder, "gateway-"));
  const gateway = await openDoor(home, undefined, { grpcPort: 0, ...options });
  open.push(gateway);
  return gateway;
}

/** Status and the protocol that was spoken. */
function get(port: number, path: string): Promise<readonly [number | undefined, string | null]> {
  const ca = readFileSync(pem("one").certificate);
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, ca, agent: false }, (response) => {
      const socket = response.socket as unknown as { getProtocol(): string | null };
      const protocol = socket.getProtocol();
      response.resume().on("end", () => resolve([response.statusCode, protocol]));
    });
    call.on("error", reject);
    call.end();
  });
}

/** Why a handshake with this version at most came to nothing; undefined: it did not. */
function handshake(port: number, maxVersion: SecureVersion): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, maxVersion });
    socket.on("secureConnect", () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.on("error", (error) => resolve((error as { readonly code?: string }).code ?? "?"));
  });
}

describe("with a certificate", () => {
  it("HTTP and gRPC speak TLS 1.3", async () => {
    const gateway = await start({ tls: pem("one") });
    expect(gateway.url).toBe(`https://127.0.0.1:${gateway.port}`);
    expect(await get(gateway.port, "/healthz")).toEqual([200, "TLSv1.3"]);
    const answer = await grpcCall(gateway.grpcPort!, CAPABILITIES, [new Uint8Array(0)], {
      credentials: credentials.createSsl(readFileSync(pem("one").certificate)),
      host: "localhost",
    });
    expect([answer.code, answer.messages.length]).toEqual([status.OK, 1]);
  });

  it("nothing older is spoken", async () => {
    const gateway = await start({ tls: pem("one") });
    for (const port of [gateway.port, gateway.grpcPort!]) {
      expect(await handshake(port, "TLSv1.3")).toBeUndefined();
      expect(await handshake(port, "TLSv1.2")).toMatch(/PROTOCOL_VERSION/);
    }
  });

  it("nor is plain text", async () => {
    const gateway = await start({ tls: pem("one") });
    await expect(rawRequest(`http://127.0.0.1:${gateway.port}`, "/healthz")).rejects.toThrow();
    const answer = await grpcCall(gateway.grpcPort!, CAPABILITIES, [new Uint8Array(0)]);
    expect(answer.code).toBe(status.UNAVAILABLE);
  });

  it.each([
    ["another's key", () => ({ ...pem("one"), key: pem("other").key })],
    ["a key that is not there", () => ({ ...pem("one"), key: join(folder, "none") })],
    ["a certificate that is none", () => ({ ...pem("one"), certificate: pem("one").key })],
  ])("%s is told at the start", async (_what, tls) => {
    await expect(start({ tls: tls() })).rejects.toMatchObject({ code: "TLS_UNUSABLE" });
  });

  it("a key that others can read is not used", async () => {
    const { key } = pem("other");
    chmodSync(key, 0o644);
    await expect(start({ tls: pem("other") })).rejects.toMatchObject({ code: "TLS_UNUSABLE" });
  });
});

describe("plain text", () => {
  it.each(["0.0.0.0", "::", "192.0.2.1", "example.org", "127.evil.example.org"])(
    "is not served on %s",
    async (host) => {
      await expect(start({ host })).rejects.toMatchObject({ code: "PLAIN_TEXT" });
    },
  );

  it("is where a flag says so", async () => {
    const gateway = await start({ host: "0.0.0.0", allowPlainText: true });
    expect((await rawRequest(`http://127.0.0.1:${gateway.port}`, "/healthz")).status).toBe(200);
  });

  it("is on loopback", () => {
    expect(["127.0.0.1", "127.9.9.9", "::1", "localhost"].every(isLoopback)).toBe(true);
  });

  it("on every address is not needed with a certificate", async () => {
    const gateway = await start({ host: "0.0.0.0", tls: pem("one") });
    expect((await get(gateway.port, "/healthz"))[0]).toBe(200);
  });
});
