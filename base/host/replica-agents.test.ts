import { request } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import type { PublicKey } from "../types.ts";
import type { Pins } from "./pinned-agent.ts";
import { showsKey, TLS_OPTIONS } from "./pinned-agent.ts";
import { originOf, ReplicaAgents } from "./replica-agents.ts";
import { newSeed, signingKey } from "./signing-key.ts";
import type { SigningKey } from "./signing-key.ts";

interface Listening {
  readonly address: string;
  readonly port: number;
  /** Whether each request's sender had shown this key. */
  readonly sawKey: (key: PublicKey) => boolean[];
  readonly requestCount: () => number;
}

/** A replica's door: whoever comes may show a certificate, and need not. */
async function listen(key: SigningKey): Promise<Listening> {
  const seen: ((key: PublicKey) => boolean)[] = [];
  const options = { ...key.tlsIdentity(), ...TLS_OPTIONS, requestCert: true };
  const server = createServer(options, (asked, answer) => {
    const sawIt = new Map<PublicKey, boolean>();
    for (const known of [alice, bob, carol]) {
      sawIt.set(known.publicKey, showsKey(asked.socket, known.publicKey));
    }
    seen.push((one) => sawIt.get(one) === true);
    answer.end("hello");
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const sawKey = (one: PublicKey): boolean[] => seen.map((saw) => saw(one));
  return { address: `tls://127.0.0.1:${port}`, port, sawKey, requestCount: () => seen.length };
}

const alice = signingKey(newSeed());
const bob = signingKey(newSeed());
const carol = signingKey(newSeed());

function ask(address: string, pins: Pins, body?: string): Promise<string> {
  const agents = new ReplicaAgents(pins, { keepAlive: true });
  onTestFinished(() => agents.destroy());
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "PUT";
    const call = request(`${originOf(address)}/`, { agent: agents.of(address), method });
    call.on("error", reject);
    call.on("response", (answer) => {
      answer.setEncoding("utf8");
      answer.on("data", resolve);
    });
    call.end(body);
  });
}

const pinned = (key: SigningKey, own?: SigningKey): Pins => ({
  keyOf: () => key.publicKey,
  own: own?.tlsIdentity(),
});

describe("a connection to an address over TLS", () => {
  it("is made to who holds the key that belongs there", async () => {
    const { address, sawKey } = await listen(alice);
    expect(await ask(address, pinned(alice))).toBe("hello");
    expect(sawKey(bob.publicKey)).toEqual([false]);
  });

  it("shows our own key to the other side", async () => {
    const { address, sawKey } = await listen(alice);
    expect(await ask(address, pinned(alice, bob))).toBe("hello");
    expect([sawKey(bob.publicKey), sawKey(carol.publicKey)]).toEqual([[true], [false]]);
  });

  it.each([
    ["GET", undefined],
    ["PUT", "a value"],
  ])("carries nothing to somebody with another key: %s", async (_method, body) => {
    const { address, requestCount } = await listen(bob);
    await expect(ask(address, pinned(alice), body)).rejects.toThrow("does not hold the key");
    expect(requestCount()).toBe(0);
  });

  it("is not made where nobody is known to be", async () => {
    const { address, requestCount } = await listen(alice);
    await expect(ask(address, { keyOf: () => undefined })).rejects.toThrow("nobody is known");
    expect(requestCount()).toBe(0);
  });

  it("asks for the key by the whole address", async () => {
    const { address } = await listen(alice);
    const asked: string[] = [];
    const keyOf = (one: string): PublicKey => {
      asked.push(one);
      return alice.publicKey;
    };
    await ask(address, { keyOf });
    expect(asked).toEqual([address]);
  });

  it("is of version 1.3: nobody talks it down", async () => {
    const { port } = await listen(alice);
    const refused = new Promise((resolve) => {
      const options = { host: "127.0.0.1", port, rejectUnauthorized: false } as const;
      const socket = connect({ ...options, maxVersion: "TLSv1.2" });
      socket.once("error", resolve);
      socket.once("secureConnect", () => resolve("connected"));
    });
    expect(await refused).toBeInstanceOf(Error);
  });

  it("breaks with an error where plain text is spoken", async () => {
    const { createServer: plainServer } = await import("node:http");
    const server = plainServer((_asked, answer) => answer.end("plain"));
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(ask(`tls://127.0.0.1:${port}`, pinned(alice))).rejects.toThrow();
  });
});
