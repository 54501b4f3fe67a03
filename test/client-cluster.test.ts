import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../base/host/key-file.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import { toHex } from "../base/bytes.ts";
import type { Hash } from "../base/types.ts";
import { connect } from "../client/connect.ts";
import type { Client, ReadKind, Signer } from "../client/connect.ts";
import { verifyReceipt } from "../client/receipt/verify-receipt.ts";
import { createCluster } from "../cluster/init/create-cluster.ts";
import { eventually } from "../node/testing/eventually.ts";
import { runReplica } from "../node/run-replica.ts";
import type { RunningReplica } from "../node/run-replica.ts";

/** The library against four real replicas: real sockets, real disks, real signatures. */

let folder = "";
let genesis = "";
let replicas: (RunningReplica | undefined)[] = [];
let client: Client;
let signer: Signer;

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

const start = (index: number): Promise<RunningReplica> =>
  runReplica({ folder: join(folder, "cluster", `node-${index}`), logLevel: "silent" });

const connected = (options: { readonly folder?: string } = {}): Promise<Client> =>
  connect({
    genesis,
    signer,
    deadlineMs: 20_000,
    ...options,
  });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-client-"));
  const ports = await freePorts(4);
  const created = createCluster({
    folder: join(folder, "cluster"),
    addresses: ports.map((port) => `127.0.0.1:${port}`),
    nowMs: Date.now(),
  });
  genesis = readFileSync(created.clusterFile, "utf8");
  replicas = await Promise.all([0, 1, 2, 3].map(start));
  signer = readKeyFile(created.writerKey);
  client = await connected();
});

afterAll(async () => {
  await client?.close();
  for (const replica of replicas) await replica?.close();
  rmSync(folder, { recursive: true, force: true });
});

const bytesOf = (size: number): Uint8Array => new Uint8Array(randomBytes(size));
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("put and get", () => {
  it.each([0, 1, 4096, 4097, 65_536, 65_537, 300_000, 3_000_000])(
    "gives a value of %i bytes back, and both receipts hold offline",
    async (size) => {
      const value = bytesOf(size);
      const put = await client.put("test-space", `value-${size}`, value);
      expect(put).toMatchObject({ outcome: "accepted", size });
      const got = await client.get("test-space", `value-${size}`);
      if (got.status !== "hit") throw new Error("a miss");
      expect(toHex(got.value.digest)).toBe(sha256(value));
      expect(sha256(await got.value.read())).toBe(sha256(value));
      expect(got.sequence).toBeGreaterThanOrEqual(put.sequence);
      for (const receipt of [got.receipt(), await put.receipt()]) {
        const verdict = verifyReceipt(nodeCrypto, { genesis, receipt, value });
        expect(verdict).toMatchObject({ valid: true, kind: "presence" });
      }
    },
  );

  it("proves an absence", async () => {
    const missing = await client.get("test-space", "never-put");
    expect(missing.status).toBe("miss");
    const verdict = verifyReceipt(nodeCrypto, { genesis, receipt: missing.receipt() });
    expect(verdict).toMatchObject({ valid: true, kind: "absence", absence: "absent" });
  });

  it("carries many outstanding puts in few write sets", async () => {
    const puts = Array.from({ length: 512 }, (_, index) =>
      client.put("many", `key-${index}`, bytesOf(1024)),
    );
    const results = await Promise.all(puts);
    const sets = new Set(results.map((result) => toHex(result.execution()).slice(0, 80)));
    expect(sets.size).toBeLessThanOrEqual(9);
  });

  it("takes a stream of unknown digest and hands a stream out", async () => {
    const chunks = Array.from({ length: 40 }, () => bytesOf(100_000));
    async function* source(): AsyncGenerator<Uint8Array> {
      yield* chunks;
    }
    await client.put("test-space", "stream", source());
    const got = await client.get("test-space", "stream");
    if (got.status !== "hit") throw new Error("a miss");
    const hash = createHash("sha256");
    for await (const chunk of got.value.stream()) hash.update(chunk);
    expect(hash.digest("hex")).toBe(sha256(Buffer.concat(chunks)));
  });

  it.each<ReadKind>(["certified", "session", "linearizable"])("reads %s", async (kind) => {
    await client.put("test-space", `kind-${kind}`, bytesOf(10));
    const read = await client.stat("test-space", `kind-${kind}`, { kind });
    expect(read.freshness).toMatchObject({ kind, stale: false });
    if (kind !== "certified") expect(read.status).toBe("hit");
  });
});

describe("the example in client/README.md", () => {
  it("runs as it stands there", async () => {
    const readme = readFileSync(new URL("../client/README.md", import.meta.url), "utf8");
    const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? "";
    const body = example.replace(/^import .*$/gm, "");
    expect(example).toContain('from "quorate/client"');
    const printed: string[] = [];
    // oxlint-disable-next-line typescript/no-implied-eval -- the document's own text is under test
    const run = new Function(
      ...["connect", "genesis", "signer", "console"],
      `return (async () => { ${body} return receipt; })()`,
    ) as (...parts: readonly unknown[]) => Promise<Uint8Array>;
    const receipt = await run(connect, genesis, signer, {
      log: (line: string) => printed.push(line),
    });
    expect(printed).toEqual(["hello"]);
    expect(verifyReceipt(nodeCrypto, { genesis, receipt })).toMatchObject({ valid: true });
  });
});

describe("writes of other kinds", () => {
  it("withdraws, and followers of the revocation log hear of it", async () => {
    const reader = await connect({ genesis, deadlineMs: 20_000 });
    const value = bytesOf(100);
    await client.put("test-space", "to-go", value);
    const heard: string[] = [];
    const followed = reader.followRevocations();
    const gone = new Promise<void>((resolve) => {
      followed.onRevoked((revoked) => {
        for (const { valueDigest } of revoked) heard.push(toHex(valueDigest ?? new Uint8Array(0)));
        if (heard.includes(sha256(value))) resolve();
      });
    });
    await client.delete("test-space", "to-go");
    expect((await client.get("test-space", "to-go")).status).toBe("miss");
    await gone;
    expect(followed.followedTo?.count).toBeGreaterThan(0);
    await reader.close();
  });

  it("names the outcome of what is refused", async () => {
    await expect(client.delete("test-space", "nothing-here")).rejects.toMatchObject({
      code: "NOTHING_TO_WITHDRAW",
    });
    await client.put("test-space", "taken", bytesOf(10));
    await expect(client.put("test-space", "taken", bytesOf(10))).rejects.toMatchObject({
      code: expect.stringMatching(/^(DIFFERS|DISPUTED)$/) as string,
    });
  });

  it("refuses to write without a key, and a writer that is not enrolled", async () => {
    const reader = await connect({ genesis, deadlineMs: 20_000 });
    await expect(reader.put("test-space", "x", bytesOf(1))).rejects.toMatchObject({
      code: "NOT_A_WRITER",
    });
    await reader.close();
  });

  it("executes a signed set once, however often it is sent", async () => {
    const value = bytesOf(50);
    const digest = nodeCrypto.hash(value);
    const signed = await client.sign([{ namespace: "test-space", key: "journaled", value }]);
    const [first] = await client.submit(signed, []);
    const [second] = await client.submit(signed, []);
    if (first?.status !== "fulfilled" || second?.status !== "fulfilled") throw new Error("refused");
    expect(second.value.sequence).toBe(first.value.sequence);
    const got = await client.get("test-space", "journaled");
    expect(got.status === "hit" && got.value.digest).toEqual(digest);
  });
});

describe("list and status", () => {
  it("lists names in order, page by page", async () => {
    await client.putMany(
      ["b", "a", "c"].map((key) => ({ namespace: "listed", key: `p/${key}`, value: bytesOf(5) })),
    );
    await client.stat("listed", "p/a");
    const first = await client.list("listed", { prefix: "p/", limit: 2 });
    expect(first.entries.map(({ name }) => name)).toEqual(["p/a", "p/b"]);
    const second = await client.list("listed", { prefix: "p/", after: first.next! });
    expect(second.entries.map(({ name }) => name)).toEqual(["p/c"]);
    expect(second.next).toBeUndefined();
  });

  it("says what it is connected to", async () => {
    await eventually(() => client.status().replicas.every(({ connected }) => connected));
    const texts = await client.replicaStatus();
    expect(
      texts.every((text) => text !== undefined && "view" in (JSON.parse(text) as object)),
    ).toBe(true);
  });
});

describe("over a restart of the client", () => {
  it("keeps the floor of its session on disk", async () => {
    const kept = join(folder, "client-state");
    const first = await connected({ folder: kept });
    const { sequence } = await first.put("test-space", "before", bytesOf(5));
    await first.close();
    const second = await connected({ folder: kept });
    const read = await second.stat("test-space", "before", { kind: "session" });
    expect(read.sequence).toBeGreaterThanOrEqual(sequence);
    expect(read.status).toBe("hit");
    await second.close();
  });
});

describe("with one replica gone", () => {
  it("goes on reading and writing", async () => {
    await replicas[1]?.close();
    replicas[1] = undefined;
    await client.put("test-space", "after-one-left", bytesOf(2000));
    const got = await client.get("test-space", "after-one-left");
    expect(got.status).toBe("hit");
    const large = bytesOf(200_000);
    await client.put("test-space", "large-after", large);
    const read = await client.get("test-space", "large-after");
    if (read.status !== "hit") throw new Error("a miss");
    expect(sha256(await read.value.read())).toBe(sha256(large));
  });

  it("with two gone tells unreachable quorums from misses", async () => {
    await replicas[2]?.close();
    replicas[2] = undefined;
    const key = new Uint8Array(32) as Hash;
    await expect(
      client.put("test-space", key, bytesOf(10), { deadlineMs: 800 }),
    ).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    await expect(
      client.get("test-space", "kind-session", { kind: "linearizable", deadlineMs: 500 }),
    ).rejects.toMatchObject({ code: "CLUSTER_UNREACHABLE" });
  });
});
