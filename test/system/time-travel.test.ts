import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fromUtf8, toHex, utf8 } from "../../base/bytes.ts";
import { hlcAddMs, hlcFromMs } from "../../base/hlc.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hlc } from "../../base/types.ts";
import { connect } from "../../client/connect.ts";
import { verifyReceipt } from "../../client/receipt/verify-receipt.ts";
import type { Client, PastResult } from "../../client/types.ts";
import { createCluster } from "../../cluster/init/create-cluster.ts";
import { runReplica } from "../../node/run-replica.ts";
import type { RunningReplica } from "../../node/run-replica.ts";

/** What stood under a key at an earlier time, with four real replicas; and its receipts. */

const SPACE = "past-space";
let folder = "";
let genesis = "";
let replicas: RunningReplica[] = [];
let client: Client;

const start = (index: number): Promise<RunningReplica> =>
  runReplica({ folder: join(folder, "cluster", `node-${index}`), logLevel: "silent" });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-past-"));
  const created = createCluster({
    folder: join(folder, "cluster"),
    addresses: await freeAddresses(),
    nowMs: Date.now(),
  });
  genesis = readFileSync(created.clusterFile, "utf8");
  replicas = await Promise.all([0, 1, 2, 3].map(start));
  const signer = readKeyFile(created.writerKey);
  client = await connect({ genesis, signer, deadlineMs: 45_000 });
});

afterAll(async () => {
  await client?.close();
  for (const replica of replicas) await replica.close();
  rmSync(folder, { recursive: true, force: true });
});

async function freeAddresses(): Promise<string[]> {
  const servers = Array.from({ length: 4 }, () => createServer());
  await Promise.all(
    servers.map((server) => new Promise<void>((done) => server.listen(0, "127.0.0.1", done))),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports.map((port) => `127.0.0.1:${port}`);
}

const textOf = async (past: PastResult): Promise<string | undefined> =>
  past.value === undefined ? undefined : fromUtf8(await past.value.read());

/** The agreed time of the execution that confirmed it. */
async function put(key: string, text: string, options: object = {}): Promise<Hlc> {
  await client.put(SPACE, key, utf8(text), options);
  const stat = await client.stat(SPACE, key);
  if (stat.status === "hit") return stat.entry.time;
  throw new Error(`${key} was written and is not there`);
}

/** The agreed time of something that was executed after all that came before. */
let laterCount = 0;
const later = (): Promise<Hlc> => put(`at-${laterCount++}`, "x");
const before = (time: Hlc): Hlc => (time - 1n) as Hlc;

function verdictOf(past: PastResult): ReturnType<typeof verifyReceipt> {
  return verifyReceipt(nodeCrypto, { genesis, receipt: past.receipt() });
}

describe("an entry as it was", () => {
  it("is there from its time on, and was not before", async () => {
    const born = await put("born", "hello");
    const after = await client.getAt(SPACE, "born", born);
    expect(await textOf(after)).toBe("hello");
    expect(verdictOf(after)).toMatchObject({ valid: true, kind: "presence" });
    const earlier = await client.getAt(SPACE, "born", before(born));
    expect(earlier).toMatchObject({ row: undefined, value: undefined, until: born });
    expect(verdictOf(earlier)).toMatchObject({ valid: true, kind: "absence", absence: "absent" });
  });

  it("is the version that stood before an overwrite, and the one after it", async () => {
    const kind = "lease/1";
    const version = (text: string, succeeds: number): Promise<Hlc> =>
      put("twice", text, { kind, semanticDigest: nodeCrypto.hash(utf8(text)), succeeds });
    const first = await version("one", 0);
    const second = await version("two", 1);
    await later();
    const old = await client.getAt(SPACE, "twice", before(second));
    expect([old.row?.version, old.time]).toEqual([1, first]);
    expect(toHex(old.row!.valueDigest)).toBe(toHex(nodeCrypto.hash(utf8("one"))));
    expect((await client.getAt(SPACE, "twice", second)).row?.version).toBe(2);
    const verdict = verdictOf(old);
    expect(verdict).toMatchObject({ valid: true, kind: "presence", time: first });
  });

  it("is served until its end, and a miss from there on", async () => {
    const born = await put("short", "lived", { ttlMs: 3_000 });
    const end = hlcAddMs(born, 3_000);
    const until = async (): Promise<Hlc> => {
      for (;;) {
        const time = await later();
        if (time > end) return time;
      }
    };
    const gone = await until();
    expect(await textOf(await client.getAt(SPACE, "short", hlcAddMs(born, 1)))).toBe("lived");
    const missed = await client.getAt(SPACE, "short", gone);
    expect(missed.value).toBeUndefined();
    expect(verdictOf(missed)).toMatchObject({ valid: true, kind: "absence" });
  });

  it("is served until its withdrawal", async () => {
    const born = await put("withdrawn", "soon");
    await client.delete(SPACE, "withdrawn");
    await later();
    // From each sequence to the next, until it is gone.
    let past = await client.getAt(SPACE, "withdrawn", born);
    while (past.value !== undefined) {
      expect(await textOf(past)).toBe("soon");
      past = await client.getAt(SPACE, "withdrawn", past.until!);
    }
    expect(await textOf(await client.getAt(SPACE, "withdrawn", before(past.time)))).toBe("soon");
    const gone = past;
    expect(gone.value).toBeUndefined();
    expect(verdictOf(gone)).toMatchObject({ valid: true, kind: "absence", absence: "withdrawn" });
  });

  it("is the newest one of an idle cluster, once heartbeats have reached that time", async () => {
    const time = await put("idle", "here");
    const past = await client.getAt(SPACE, "idle", hlcAddMs(time, 200));
    expect(await textOf(past)).toBe("here");
    expect(past.until).toBeUndefined();
  });
});

describe("the state as it was", () => {
  it("has another root before each write than after it, and counts its entries", async () => {
    const time = await put("counted", "x");
    const [old, young] = await Promise.all([client.stateAt(before(time)), client.stateAt(time)]);
    expect(young.sequence).toBe(old.sequence + 1);
    expect(young.entryCount).toBe(old.entryCount + 1);
    expect(toHex(old.stateRoot)).not.toBe(toHex(young.stateRoot));
    expect(old.until).toBe(time);
  });
});

describe("a time of which nobody can tell", () => {
  it("is outside of the window when it is before it, by a code of its own", async () => {
    await expect(client.getAt(SPACE, "born", hlcFromMs(1_000_000))).rejects.toMatchObject({
      code: "HISTORY_OUTSIDE",
    });
  });

  it("is refused when it is to come", async () => {
    const tomorrow = hlcFromMs(Date.now() + 86_400_000);
    await expect(client.stateAt(tomorrow)).rejects.toMatchObject({ code: "READ_INVALID" });
  });
});
