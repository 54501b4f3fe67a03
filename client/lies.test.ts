import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hlcFromMs } from "../base/hlc.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { Hash, ReplicaIndex, Sequence, Signature } from "../base/types.ts";
import * as wire from "../consensus/wire/connection.ts";
import { connect } from "./connect.ts";
import type { Client } from "./connect.ts";
import { FakeCluster } from "./testing/fake-cluster.ts";
import type { Script } from "./testing/fake-cluster.ts";

/** One replica of four lies in every way there is: each lie is refused, counted by name, survived. */

let cluster: FakeCluster;
let client: Client | undefined;

beforeEach(async () => {
  cluster = await FakeCluster.start();
});
afterEach(async () => {
  await client?.close();
  client = undefined;
  await cluster.close();
});

const flip = (bytes: Uint8Array): Uint8Array => {
  const changed = bytes.slice();
  changed[0] = (changed[0] ?? 0) ^ 1;
  return changed;
};

async function connected(options: { readonly deadlineMs?: number } = {}): Promise<Client> {
  client = await connect({
    genesis: cluster.genesis,
    signer: cluster.writer,
    deadlineMs: 5_000,
    ...options,
  });
  await waitUntil(() => client!.status().replicas.filter((one) => one.connected).length >= 3);
  cluster.push();
  await waitUntil(() => client!.status().sequence > 0);
  return client;
}

async function waitUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}

function liesOf(one: Client, index: number): ReadonlyMap<string, number> {
  return one.status().replicas[index]!.lies;
}

/** All replicas but the last tell this lie, so that the client meets it whomever it asks first. */
function threeLie(script: Script): void {
  for (const index of [0, 1, 2]) Object.assign(cluster.scripts[index]!, script);
  // The honest one serves only after a liar was asked, or it might be the only one ever asked.
  cluster.scripts[3]!.read = (answer) => {
    const asked = cluster.asked[0]! + cluster.asked[1]! + cluster.asked[2]!;
    return asked > 0 ? answer : { ...answer, status: wire.READ_NOT_SERVING };
  };
}

describe("an honest cluster", () => {
  it("is read: hit, value, miss, receipt", async () => {
    const reader = await connected();
    const hit = await reader.get("space", "name");
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(cluster.value);
    expect((await reader.get("space", "other")).status).toBe("miss");
    for (const { lies } of reader.status().replicas) expect(lies.size).toBe(0);
  });

  it.each(["pending", "disputed", "withdrawn"])(
    "does not serve an entry that is %s",
    async (what) => {
      const state = { pending: 1, disputed: 3, withdrawn: 4 }[what]!;
      cluster.setEntry("space", "name", { state });
      const read = await (await connected()).get("space", "name");
      expect(read.status).toBe("miss");
    },
  );

  it("does not serve an entry past its end", async () => {
    cluster.setEntry("space", "name", { expiry: hlcFromMs(cluster.timeMs - 1) });
    expect((await (await connected()).get("space", "name")).status).toBe("miss");
  });
});

type ReadLie = NonNullable<Script["read"]>;

describe("a read refuses", () => {
  const lies: readonly (readonly [string, string, ReadLie])[] = [
    ["a changed value", "wrong-value", (answer) => ({ ...answer, value: flip(answer.value) })],
    ["a changed row", "wrong-row", (answer) => ({ ...answer, row: flip(answer.row) })],
    [
      "an absence of what is there",
      "wrong-row",
      (answer) => ({
        ...answer,
        row: new Uint8Array(0),
        value: new Uint8Array(0),
        hasValue: false,
      }),
    ],
    ["an answer without a proof", "forged-proof", (answer) => ({ ...answer, proof: undefined })],
    [
      "a forged proof",
      "forged-proof",
      (answer) => ({
        ...answer,
        proof: { ...answer.proof!, steps: [{ bit: 3, sibling: new Uint8Array(32) as Hash }] },
      }),
    ],
    [
      "a forged signature",
      "forged-certificate",
      (answer) => {
        const forged = cluster.certificate({ timeMs: cluster.timeMs + 1 });
        const [first, ...rest] = forged.signatures;
        const signature = flip(first!.signature) as Signature;
        const signatures = [{ author: 0 as ReplicaIndex, signature }, ...rest];
        return { ...answer, certificate: { ...forged, signatures } };
      },
    ],
    [
      "fewer than Q signatures",
      "forged-certificate",
      (answer) => {
        const certificate = cluster.certificate({ timeMs: cluster.timeMs + 2, authors: [0, 1] });
        return { ...answer, certificate };
      },
    ],
    [
      "one signature counted twice",
      "forged-certificate",
      (answer) => {
        const certificate = cluster.certificate({ timeMs: cluster.timeMs + 3, authors: [0, 0, 1] });
        return { ...answer, certificate };
      },
    ],
    [
      "a certificate of another sequence",
      "stale-root",
      (answer) => ({ ...answer, sequence: (answer.sequence + 1) as Sequence }),
    ],
    [
      "an old root",
      "stale-root",
      (answer) => ({
        ...answer,
        sequence: 1 as Sequence,
        certificate: cluster.certificate({ sequence: 1, timeMs: cluster.timeMs - 60_000 }),
      }),
    ],
  ];

  it.each(lies)("%s, and counts %s", async (_what, name, lie) => {
    threeLie({ read: (answer, read) => lie(answer, read) });
    const reader = await connected();
    const hit = await reader.get("space", "name", { kind: "certified" });
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(cluster.value);
    const counted = [0, 1, 2].map((index) => liesOf(reader, index).get(name) ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
    expect([...liesOf(reader, 3)]).toEqual([]);
  });

  it("an answer below the floor, and counts it", async () => {
    const reader = await connected();
    await reader.get("space", "name");
    threeLie({
      read: (answer) => ({
        ...answer,
        sequence: 4 as Sequence,
        certificate: cluster.certificate({ sequence: 4 }),
      }),
    });
    await reader.get("space", "name");
    const counted = [0, 1, 2].map((index) => liesOf(reader, index).get("below-floor") ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
  });

  it("silence, by asking the next", async () => {
    threeLie({ read: () => "silence" });
    const reader = await connected();
    expect((await reader.get("space", "name")).status).toBe("hit");
    expect(reader.status().replicas.some(({ stalls }) => stalls > 0)).toBe(true);
  });

  it("garbage, and drops the connection", async () => {
    threeLie({ read: () => "garbage" });
    const reader = await connected();
    expect((await reader.get("space", "name")).status).toBe("hit");
    const counted = [0, 1, 2].map((index) => liesOf(reader, index).get("garbage") ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
  });
});

describe("opening a connection refuses", () => {
  it.each<readonly [string, string, Script]>([
    [
      "another cluster",
      "wrong-cluster",
      { hello: (hello) => ({ ...hello, clusterId: new Uint8Array(32) as Hash }) },
    ],
    ["another replica", "wrong-replica", { hello: (hello) => ({ ...hello, index: 2 }) }],
    ["a forged proof of identity", "forged-proof-of-identity", { proof: flip }],
  ])("%s", async (_what, name, script) => {
    Object.assign(cluster.scripts[1]!, script);
    const reader = await connected();
    expect(liesOf(reader, 1).get(name)).toBeGreaterThan(0);
    expect(reader.status().replicas[1]!.connected).toBe(false);
  });
});

describe("following roots refuses", () => {
  it("a certificate that is no certificate, and keeps the proven root", async () => {
    const reader = await connected();
    cluster.scripts[2]!.root = (root) => ({
      ...root,
      certificate: cluster.certificate({ sequence: 99, authors: [2] }),
    });
    cluster.push();
    await waitUntil(() => liesOf(reader, 2).has("forged-certificate"));
    expect(reader.status().sequence).toBe(5);
  });

  it("heartbeats of the future that nobody signed", async () => {
    const reader = await connected();
    cluster.scripts[2]!.root = (root) => ({
      certificate: root.certificate,
      heartbeats: root.heartbeats.map((one) => {
        const forged = cluster.heartbeat(one.author, new Uint8Array(0), hlcFromMs(4e12));
        return { ...forged, signature: flip(forged.signature) as Signature };
      }),
    });
    cluster.push();
    await waitUntil(() => liesOf(reader, 2).has("forged-heartbeat"));
    expect((await reader.get("space", "name")).status).toBe("hit");
  });

  it("a probe answered over another nonce", async () => {
    cluster.scripts[2]!.probe = ({ id }) => ({
      id,
      heartbeat: cluster.heartbeat(2, new Uint8Array(32)),
    });
    const reader = await connected();
    await reader.get("space", "name", { kind: "linearizable" });
    await waitUntil(() => liesOf(reader, 2).has("forged-heartbeat"));
  });

  it("nothing for good of those who sign nothing yet: they are asked again", async () => {
    const reader = await connected();
    for (const index of [0, 1]) {
      let asked = 0;
      cluster.scripts[index]!.probe = (answer) =>
        asked++ === 0 ? { ...answer, heartbeat: undefined } : answer;
    }
    const read = await reader.get("space", "name", { kind: "linearizable" });
    expect(read.status).toBe("hit");
  });

  it("a linearizable floor that only one liar claims", async () => {
    const reader = await connected();
    const { sequence } = cluster;
    cluster.scripts[0]!.probe = (answer) => {
      cluster.sequence = 1_000_000 as Sequence;
      const heartbeat = cluster.heartbeat(0, nonceOf(answer));
      cluster.sequence = sequence;
      return { id: answer.id, heartbeat };
    };
    const read = await reader.get("space", "name", { kind: "linearizable" });
    expect(read.status).toBe("hit");
  });
});

function nonceOf(answer: wire.ProbeAnswer): Uint8Array {
  // The nonce is the heartbeat's last field: 32 bytes at its end.
  return answer.heartbeat!.heartbeat.slice(-32);
}

describe("a value refuses", () => {
  const large = async (): Promise<Client> => {
    cluster.setEntry("space", "large", {
      valueDigest: nodeCrypto.hash(cluster.large),
      size: cluster.large.length,
    });
    return connected();
  };

  it.each<readonly [string, Script["blob"]]>([
    ["wrong bytes", (bytes) => flip(bytes)],
    ["bytes that are wrong at the end", (bytes) => flip(bytes.toReversed()).reverse()],
    ["too many bytes", (bytes) => new Uint8Array(bytes.length + 10)],
    ["nothing", () => undefined],
  ])("%s, and goes on with the next replica", async (_what, blob) => {
    threeLie({ blob: blob! });
    const reader = await large();
    const hit = await reader.get("space", "large");
    if (hit.status !== "hit") throw new Error("a miss");
    let size = 0;
    let whole = true;
    try {
      for await (const chunk of hit.value.stream()) {
        size += chunk.length;
        whole &&= chunk.every((byte) => byte === 7);
      }
      expect(whole).toBe(true);
      expect(size).toBe(cluster.large.length);
    } catch (error) {
      // Wrong bytes may have been handed out, but never all of them.
      expect(error).toMatchObject({ code: "VALUE_UNAVAILABLE" });
      expect(size).toBeLessThan(cluster.large.length);
    }
  });

  it("wrong bytes of a value that is read whole, always with the right ones at the end", async () => {
    threeLie({
      blob: flip,
      read: (answer) => ({ ...answer, hasValue: false, value: new Uint8Array(0) }),
    });
    const hit = await (await connected()).get("space", "name");
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(cluster.value);
  });
});

describe("a write refuses", () => {
  type SubmitLie = NonNullable<Script["submit"]>;
  it.each<readonly [string, string, SubmitLie]>([
    [
      "an execution without a certificate",
      "forged-certificate",
      (answer) => ({ ...answer, certificate: undefined }),
    ],
    [
      "a session row that the root does not cover",
      "wrong-row",
      (answer) => ({ ...answer, sessionRow: flip(answer.sessionRow) }),
    ],
    [
      "an execution without a row",
      "forged-execution",
      (answer) => ({ ...answer, sessionRow: new Uint8Array(0) }),
    ],
  ])("%s", async (_what, name, submit) => {
    Object.assign(cluster.scripts[0]!, { submit });
    const writer = await connected();
    const result = await writer.put("space", "name", cluster.value);
    expect(result.outcome).toBe("accepted");
    await waitUntil(() => (liesOf(writer, 0).get(name) ?? 0) > 0);
  });

  it("one replica's lies without end, and does not shout at the others for each", async () => {
    for (const index of [1, 2, 3]) cluster.scripts[index]!.submit = () => "silence";
    cluster.scripts[0]!.submit = (answer) => ({ ...answer, sessionRow: new Uint8Array(0) });
    const writer = await connected();
    const writing = writer.put("space", "name", cluster.value, { deadlineMs: 1_000 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    expect(liesOf(writer, 0).get("forged-execution")).toBeGreaterThan(1);
    // To all at first, once more for the lie, then as often as time is doubled.
    expect(cluster.submitted.filter((line) => line.startsWith("1/")).length).toBeLessThan(10);
  });

  it("one replica's refusal, and believes that of f+1", async () => {
    const refuse: SubmitLie = (answer) => ({
      ...answer,
      status: wire.SUBMIT_REFUSED,
      code: 1,
      sessionRow: new Uint8Array(0),
      proof: undefined,
      certificate: undefined,
    });
    Object.assign(cluster.scripts[0]!, { submit: refuse });
    const writer = await connected();
    expect((await writer.put("space", "name", cluster.value)).outcome).toBe("accepted");
    for (const script of cluster.scripts) script.submit = refuse;
    await expect(writer.put("space", "name", cluster.value)).rejects.toMatchObject({
      code: "NOT_ENROLLED",
    });
  });

  it("a liar's reason that only stands beside another replica's different one", async () => {
    const refuse =
      (code: number): SubmitLie =>
      (answer) => ({
        ...answer,
        status: wire.SUBMIT_REFUSED,
        code,
        sessionRow: new Uint8Array(0),
        proof: undefined,
        certificate: undefined,
      });
    // One lags behind the writer's enrolment and one lies; the others are slow.
    cluster.scripts[0]!.submit = refuse(1);
    cluster.scripts[1]!.submit = refuse(2);
    cluster.scripts[2]!.submit = () => "silence";
    cluster.scripts[3]!.submit = () => "silence";
    const writer = await connected();
    const writing = writer.put("space", "name", cluster.value, { deadlineMs: 1_000 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("silence: sends the same bytes to all, then says that the outcome is unknown", async () => {
    for (const script of cluster.scripts) script.submit = () => "silence";
    const writer = await connected();
    const writing = writer.put("space", "name", cluster.value, { deadlineMs: 1_500 });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
    const replicas = new Set(cluster.submitted.map((line) => line.split("/")[0]));
    const bodies = new Set(cluster.submitted.map((line) => line.split("/").slice(1).join("/")));
    expect(replicas.size).toBe(4);
    expect(bodies.size).toBe(1);
  });
});

describe("nobody waits for ever", () => {
  it("an aborted read and an aborted write end at once", async () => {
    for (const script of cluster.scripts) {
      script.read = () => "silence";
      script.submit = () => "silence";
    }
    const both = await connected();
    const ending = new AbortController();
    const { signal } = ending;
    const reading = both.get("space", "name", { signal });
    const writing = both.put("space", "name", cluster.value, { signal });
    setTimeout(() => ending.abort(), 50);
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("a closed client settles what waits, and refuses what comes", async () => {
    for (const script of cluster.scripts) {
      script.read = () => "silence";
      script.submit = () => "silence";
    }
    const both = await connected();
    const reading = both.get("space", "name");
    const writing = both.put("space", "name", cluster.value);
    const settled = Promise.allSettled([reading, writing]);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await both.close();
    const [read, write] = await settled;
    expect(read).toMatchObject({ status: "rejected", reason: { code: "CLIENT_CLOSED" } });
    expect(write).toMatchObject({ status: "rejected", reason: { code: "OUTCOME_UNKNOWN" } });
    await expect(both.get("space", "name")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  it("without any replica a lazy client says so soon", async () => {
    await cluster.close();
    client = await connect({ genesis: cluster.genesis, lazy: true });
    await expect(client.get("space", "name")).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
    });
    cluster = await FakeCluster.start();
  });

  it("without fresh heartbeats a hit is stale where allowed, and a miss is refused", async () => {
    cluster.timeMs = Date.now() - 60_000;
    client = await connect({ genesis: cluster.genesis, deadlineMs: 600 });
    for (const script of cluster.scripts) script.root = (root) => ({ ...root, heartbeats: [] });
    await waitUntil(() => client!.status().replicas.every((one) => one.connected));
    cluster.push();
    await expect(client.get("space", "name")).rejects.toMatchObject({
      code: "NO_FRESH_CERTIFICATE",
    });
    const stale = await client.get("space", "name", { allowStale: true });
    expect(stale).toMatchObject({ status: "hit", freshness: { stale: true } });
    await expect(client.get("space", "other", { allowStale: true })).rejects.toMatchObject({
      code: "NO_FRESH_CERTIFICATE",
    });
  });
});

describe("a lost connection", () => {
  it("is made again, and what waited is asked elsewhere", async () => {
    const reader = await connected();
    for (const index of [0, 1, 2]) cluster.cut(index);
    expect((await reader.get("space", "name")).status).toBe("hit");
    await waitUntil(() => reader.status().replicas.every((one) => one.connected));
  });
});
