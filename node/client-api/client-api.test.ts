import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { equalBytes, fromUtf8, toHex, utf8 } from "../../base/bytes.ts";
import { hlcFromMs } from "../../base/hlc.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import type { Hash } from "../../base/types.ts";
import type { BuiltWriteSet } from "../../consensus/build-write-set.ts";
import {
  REFUSAL_EXPIRED,
  REFUSAL_MALFORMED,
  REFUSAL_NOT_AFTER_TOO_FAR,
  REFUSAL_NOT_ENROLLED,
} from "../../consensus/execution/outcomes.ts";
import * as connection from "../../consensus/wire/connection.ts";
import { heartbeatCodec } from "../../consensus/wire/certificate.ts";
import { FRAME } from "../../consensus/wire/frame.ts";
import { entryRowCodec, sessionRowCodec } from "../../consensus/wire/rows.ts";
import type { ReplicaStatus } from "../status.ts";
import { eventually } from "../testing/eventually.ts";
import { TestClient, TestWriter } from "../testing/test-client.ts";
import { TestCluster } from "../testing/test-cluster.ts";

let folder: string;
let cluster: TestCluster;
let clients: TestClient[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-client-api-"));
  cluster = await TestCluster.create(folder);
  await cluster.startAll();
});

afterEach(() => {
  for (const client of clients) client.close();
  clients = [];
});

afterAll(async () => {
  expect(cluster?.fatal).toEqual([]);
  await cluster?.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

async function connect(index = 0): Promise<TestClient> {
  const client = await TestClient.connect(cluster.genesis, cluster.address(index));
  clients.push(client);
  return client;
}

const newWriter = (): TestWriter => new TestWriter(cluster.genesis, cluster.writers[0]!);

async function submit(client: TestClient, set: BuiltWriteSet): Promise<connection.SubmitAnswer> {
  return client.submit(set.bytes, set.digest);
}

async function dropsOf(index: number, reason: string): Promise<number> {
  const text = await (await fetch(`http://${cluster.address(index)}/metrics`)).text();
  const line = text.split("\n").find((one) => one.includes(`reason="${reason}"`));
  return Number(line?.split(" ").at(-1) ?? 0);
}

describe("submit", () => {
  it("is answered with the session row that names the counter", async () => {
    const answer = await submit(await connect(), newWriter().put("submit-1", "one"));
    const row = sessionRowCodec.decode(answer.sessionRow);
    expect(row.executed.map(({ counter, digest }) => [counter, toHex(digest)])).toEqual([
      [1, toHex(answer.digest)],
    ]);
    expect(answer.proof?.steps.length).toBeGreaterThan(0);
  });

  it("gives the same answer to a retransmission, also from a replica that was not asked", async () => {
    const set = newWriter().put("submit-2", "two");
    const client = await connect(0);
    await submit(client, set);
    for (const index of [0, 1, 2, 3]) {
      const again = await submit(await connect(index), set);
      expect(again.status).toBe(connection.SUBMIT_EXECUTED);
      const row = sessionRowCodec.decode(again.sessionRow);
      expect(toHex(row.executed[0]!.digest)).toBe(toHex(set.digest));
    }
  });

  it("is answered when it was sent to all replicas at once", async () => {
    const all = await Promise.all([0, 1, 2, 3].map(connect));
    const set = newWriter().put("submit-3", "three");
    const answers = await Promise.all(all.map((client) => submit(client, set)));
    expect(answers.map(({ status }) => status)).toEqual([1, 1, 1, 1]);
  });

  it.each([
    ["a writer who is not enrolled", REFUSAL_NOT_ENROLLED, 60_000, signingKey(newSeed())],
    ["an end that lies too far ahead", REFUSAL_NOT_AFTER_TOO_FAR, 7_200_000, undefined],
    ["an end that is past", REFUSAL_EXPIRED, -3_600_000, undefined],
  ])("is refused for %s", async (_what, code, notAfterMs, stranger) => {
    const writer = new TestWriter(cluster.genesis, stranger ?? cluster.writers[0]!);
    const notAfter = hlcFromMs(Date.now() + notAfterMs);
    const answer = await submit(
      await connect(1),
      writer.puts({ refused: utf8("no") }, { notAfter }),
    );
    expect([answer.status, answer.code]).toEqual([connection.SUBMIT_REFUSED, code]);
  });

  it("with a wrong signature ends the connection", async () => {
    const { bytes } = newWriter().put("forged", "forged");
    const forged = bytes.slice();
    forged[forged.length - 1]! ^= 1;
    const client = await connect(2);
    client.send(FRAME.submit, connection.submitCodec.encode({ writeSet: forged }));
    await eventually(() => client.socket.readyState === WebSocket.CLOSED);
    expect(await dropsOf(2, "client-write-set-refused")).toBeGreaterThan(0);
  });
});

describe("values that do not ride inside", () => {
  async function upload(index: number, digest: Hash, bytes: Uint8Array): Promise<Response> {
    const url = `http://${cluster.address(index)}/blob/${toHex(digest)}`;
    return fetch(url, { method: "PUT", body: bytes });
  }

  it("are wanted, uploaded to each replica, ordered, and served with ranges", async () => {
    const value = new Uint8Array(randomBytes(700_000));
    const digest = nodeCrypto.hash(value);
    const set = newWriter().puts({ large: value }, { inline: false });
    const all = await Promise.all([0, 1, 2, 3].map(connect));
    const answers = await Promise.all(all.map((client) => submit(client, set)));
    expect(answers.map(({ status }) => status)).toEqual(
      Array(4).fill(connection.SUBMIT_WANTS_VALUES),
    );
    expect(answers[0]?.wanted.map(toHex)).toEqual([toHex(digest)]);
    const done = all[0]!.next(({ kind }) => kind === FRAME.submitAnswer);
    for (const index of [0, 1, 2]) expect((await upload(index, digest, value)).status).toBe(201);
    const answer = connection.submitAnswerCodec.decode((await done).body);
    expect(answer.status).toBe(connection.SUBMIT_EXECUTED);
    // The fourth was not given the bytes and fetches them by itself.
    const url = `http://${cluster.address(3)}/blob/${toHex(digest)}`;
    await eventually(async () => (await fetch(url, { method: "HEAD" })).ok);
    const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
    expect(equalBytes(whole, value)).toBe(true);
    const part = await fetch(url, { headers: { range: "bytes=1000-1999" } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 1000-1999/700000");
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(value.slice(1000, 2000));
  });

  it("are refused when nobody wants them", async () => {
    const value = new Uint8Array(randomBytes(10));
    expect((await upload(0, nodeCrypto.hash(value), value)).status).toBe(409);
  });

  it("are refused when they are other bytes, and wanted still", async () => {
    const value = new Uint8Array(randomBytes(1000));
    const digest = nodeCrypto.hash(value);
    const client = await connect(0);
    const set = newWriter().puts({ other: value }, { inline: false });
    expect((await submit(client, set)).status).toBe(connection.SUBMIT_WANTS_VALUES);
    expect((await upload(0, digest, new Uint8Array(1000))).status).toBe(422);
    expect((await upload(0, digest, new Uint8Array(2000))).status).toBe(413);
    expect((await upload(0, digest, value)).status).toBe(201);
    expect((await upload(0, digest, value)).status).toBe(200);
  });

  it("refute a write set that lies about their meaning", async () => {
    const value = new Uint8Array(randomBytes(1000));
    const client = await connect(0);
    const lie = newWriter().puts(
      { lie: value },
      {
        inline: false,
        change: (write) => ({ ...write, semanticDigest: nodeCrypto.hash(utf8("something")) }),
      },
    );
    await submit(client, lie);
    const refused = client.next(({ kind }) => kind === FRAME.submitAnswer);
    await upload(0, nodeCrypto.hash(value), value);
    const answer = connection.submitAnswerCodec.decode((await refused).body);
    expect([answer.status, answer.code]).toEqual([connection.SUBMIT_REFUSED, REFUSAL_MALFORMED]);
  });

  it("of a writer who is not enrolled are not wanted", async () => {
    const stranger = new TestWriter(cluster.genesis, signingKey(newSeed()));
    const set = stranger.puts({ stranger: utf8("bytes") }, { inline: false });
    const answer = await submit(await connect(), set);
    expect(answer.code).toBe(REFUSAL_NOT_ENROLLED);
  });
});

describe("a reader", () => {
  async function put(name: string, value: string): Promise<void> {
    const answer = await submit(await connect(0), newWriter().put(name, value));
    expect(answer.status).toBe(connection.SUBMIT_EXECUTED);
  }

  it("gets entry, proof and small value; the certificate unless it knows it", async () => {
    await put("read-1", "one");
    const client = await connect(0);
    const read = await client.read("default", "read-1");
    expect(entryRowCodec.decode(read.row).name).toBe("read-1");
    expect(fromUtf8(read.value)).toBe("one");
    expect(read.certificate).toBeDefined();
    const known = await client.read("default", "read-1", { known: read.sequence });
    expect(known.certificate).toBeUndefined();
  });

  it("is told when its floor is above what is certified here", async () => {
    const client = await connect(1);
    const read = await client.read("default", "read-1", { floor: 1_000_000 });
    expect(read.status).toBe(connection.READ_BELOW_FLOOR);
  });

  it("lists names in order, page by page", async () => {
    for (const name of ["list/b", "list/a", "list/c", "other"]) await put(name, name);
    const client = await connect(0);
    const list = async (after: string): Promise<connection.ListAnswer> => {
      const answer = client.next(({ kind }) => kind === FRAME.listAnswer);
      const query = { id: 1, namespace: "default", prefix: "list/", after, limit: 2 };
      client.send(FRAME.list, connection.listCodec.encode(query));
      return connection.listAnswerCodec.decode((await answer).body);
    };
    const first = await list("");
    expect(first.rows.map((row) => entryRowCodec.decode(row).name)).toEqual(["list/a", "list/b"]);
    expect([first.more, first.proofs.length]).toEqual([true, 2]);
    const second = await list("list/b");
    expect(second.rows.map((row) => entryRowCodec.decode(row).name)).toEqual(["list/c"]);
    expect(second.more).toBe(false);
  });

  it("that subscribes gets the newest root at once, and each newer one", async () => {
    const client = await connect(2);
    client.send(FRAME.subscribe, connection.subscribeCodec.encode({ on: true }));
    const first = await client.next(({ kind }) => kind === FRAME.root);
    expect(connection.rootCodec.decode(first.body).certificate).toBeDefined();
    const newer = client.next(({ kind }) => kind === FRAME.root);
    await put("subscribe-1", "newer");
    expect(connection.rootCodec.decode((await newer).body).certificate).toBeDefined();
    const fresh = await client.next(
      ({ kind, body }) =>
        kind === FRAME.root && connection.rootCodec.decode(body).heartbeats.length === 3,
    );
    expect(fresh.body.length).toBeGreaterThan(0);
  });

  it("gets heartbeats over its own nonce from a quorum that agrees", async () => {
    const nonce = new Uint8Array(randomBytes(32));
    const answers = await Promise.all(
      [0, 1, 2, 3].map(async (index) => {
        const client = await connect(index);
        const answer = client.next(({ kind }) => kind === FRAME.probeAnswer);
        client.send(FRAME.probe, connection.probeCodec.encode({ id: 7, nonce }));
        return connection.probeAnswerCodec.decode((await answer).body);
      }),
    );
    for (const { id, heartbeat } of answers) {
      expect(id).toBe(7);
      expect(toHex(heartbeatCodec.decode(heartbeat!.heartbeat).nonce)).toBe(toHex(nonce));
    }
  });

  it("gets the head of the revocation log, or the proof that there is none", async () => {
    const client = await connect(0);
    const answer = client.next(({ kind }) => kind === FRAME.revocationTailAnswer);
    const query = { id: 3, from: 0, limit: 10 };
    client.send(FRAME.revocationTail, connection.revocationTailCodec.encode(query));
    const tail = connection.revocationTailAnswerCodec.decode((await answer).body);
    expect(tail.proof).toBeDefined();
    expect(tail.certificate).toBeDefined();
  });

  it("gets the replica's status", async () => {
    // What the others have certified last it may still have to execute.
    await cluster.ready([3]);
    const client = await connect(3);
    const answer = client.next(({ kind }) => kind === FRAME.statusAnswer);
    client.send(FRAME.status, connection.statusRequestCodec.encode({ id: 9 }));
    const { id, json } = connection.statusAnswerCodec.decode((await answer).body);
    const status = JSON.parse(json) as ReplicaStatus;
    expect([id, status.index, status.ready]).toEqual([9, 3, true]);
  });
});

describe("garbage ends the connection", () => {
  const kinds = Object.entries(FRAME).filter(([, kind]) => kind >= 40 && kind % 2 === 0);

  it.each([...kinds, ["votePack", FRAME.votePack], ["hello", FRAME.hello]] as const)(
    "in a frame of kind %s",
    async (_name, kind) => {
      const client = await connect(1);
      client.send(kind, new Uint8Array(randomBytes(40)));
      await eventually(() => client.socket.readyState === WebSocket.CLOSED);
    },
  );
});
