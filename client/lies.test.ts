import { describe, expect, it } from "vitest";
import { hlcFromMs } from "../base/hlc.ts";
import { nodeCrypto } from "../base/host/node-crypto.ts";
import type { Hash, ReplicaIndex, Sequence, Signature } from "../base/types.ts";
import * as wire from "../consensus/wire/connection.ts";
import { connect } from "./connect.ts";
import type { Client } from "./connect.ts";
import { FakeCluster } from "./testing/fake-cluster.ts";
import type { Script } from "./testing/fake-replica.ts";
import { FakeWorld, flip, waitUntil } from "./testing/fake-world.ts";

/** One replica of four lies in every way there is: each lie is refused, counted by name, survived. */

const world = FakeWorld.forEachTest();

type Health = ReturnType<Client["status"]>["replicas"][number];

/** All replicas but the last tell this lie, so that the client meets it whomever it asks first. */
function threeLie(
  script: Script,
  isMet: (health: Health) => boolean = ({ lies }) => lies.size > 0,
): void {
  for (const index of [0, 1, 2]) Object.assign(world.cluster.scripts[index]!, script);
  // The honest one serves only after the lie was met, or it might be the only one that is heard.
  world.cluster.scripts[3]!.read = (answer) => {
    const isServing = world.client?.status().replicas.slice(0, 3).some(isMet) === true;
    return isServing ? answer : { ...answer, status: wire.READ_NOT_SERVING };
  };
}

const isAsked = (): boolean => world.cluster.asked.slice(0, 3).some((count) => count > 0);

describe("an honest cluster", () => {
  it("is read: hit, value, miss, receipt", async () => {
    const reader = await world.connected();
    const hit = await reader.get("space", "name");
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(world.cluster.value);
    expect((await reader.get("space", "other")).status).toBe("miss");
    for (const { lies } of reader.status().replicas) expect(lies.size).toBe(0);
  });

  it.each(["pending", "disputed", "withdrawn"])(
    "does not serve an entry that is %s",
    async (what) => {
      const state = { pending: 1, disputed: 3, withdrawn: 4 }[what]!;
      world.cluster.setEntry("space", "name", { state });
      const read = await (await world.connected()).get("space", "name");
      expect(read.status).toBe("miss");
    },
  );

  it("does not serve an entry past its end", async () => {
    world.cluster.setEntry("space", "name", { expiry: hlcFromMs(world.cluster.timeMs - 1) });
    expect((await (await world.connected()).get("space", "name")).status).toBe("miss");
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
        const forged = world.cluster.certificate({ timeMs: world.cluster.timeMs + 1 });
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
        const certificate = world.cluster.certificate({
          timeMs: world.cluster.timeMs + 2,
          authors: [0, 1],
        });
        return { ...answer, certificate };
      },
    ],
    [
      "one signature counted twice",
      "forged-certificate",
      (answer) => {
        const certificate = world.cluster.certificate({
          timeMs: world.cluster.timeMs + 3,
          authors: [0, 0, 1],
        });
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
        certificate: world.cluster.certificate({
          sequence: 1,
          timeMs: world.cluster.timeMs - 60_000,
        }),
      }),
    ],
  ];

  it.each(lies)("%s, and counts %s", async (_what, name, lie) => {
    threeLie({ read: (answer, read) => lie(answer, read) });
    const reader = await world.connected();
    const hit = await reader.get("space", "name", { kind: "certified" });
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(world.cluster.value);
    const counted = [0, 1, 2].map((index) => world.liesOf(index).get(name) ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
    expect([...world.liesOf(3)]).toEqual([]);
  });

  it("an answer below the floor, and counts it", async () => {
    const reader = await world.connected();
    await reader.get("space", "name");
    threeLie({
      read: (answer) => ({
        ...answer,
        sequence: 4 as Sequence,
        certificate: world.cluster.certificate({ sequence: 4 }),
      }),
    });
    await reader.get("space", "name");
    const counted = [0, 1, 2].map((index) => world.liesOf(index).get("below-floor") ?? 0);
    expect(Math.max(...counted)).toBeGreaterThan(0);
  });

  it("silence, by asking the next", async () => {
    threeLie({ read: () => "silence" }, ({ stalls }) => stalls > 0);
    const reader = await world.connected();
    expect((await reader.get("space", "name")).status).toBe("hit");
    expect(reader.status().replicas.some(({ stalls }) => stalls > 0)).toBe(true);
  });

  it("garbage, and drops the connection", async () => {
    threeLie({ read: () => "garbage" });
    const reader = await world.connected();
    expect((await reader.get("space", "name")).status).toBe("hit");
    const counted = [0, 1, 2].map((index) => world.liesOf(index).get("garbage") ?? 0);
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
    Object.assign(world.cluster.scripts[1]!, script);
    const reader = await world.connected();
    await waitUntil(() => (world.liesOf(1).get(name) ?? 0) > 0);
    expect(reader.status().replicas[1]!.connected).toBe(false);
  });
});

/** Again and again, as replicas do: who is not connected yet hears of the next one. */
async function pushUntil(condition: () => boolean): Promise<void> {
  await waitUntil(() => {
    if (!condition()) world.cluster.push();
    return condition();
  });
}

describe("following roots refuses", () => {
  it("a certificate that is no certificate, and keeps the proven root", async () => {
    const reader = await world.connected();
    world.cluster.scripts[2]!.root = (root) => ({
      ...root,
      certificate: world.cluster.certificate({ sequence: 99, authors: [2] }),
    });
    await pushUntil(() => world.liesOf(2).has("forged-certificate"));
    expect(reader.status().sequence).toBe(5);
  });

  it("heartbeats of the future that nobody signed", async () => {
    const reader = await world.connected();
    world.cluster.scripts[2]!.root = (root) => ({
      certificate: root.certificate,
      heartbeats: root.heartbeats.map((one) => {
        const forged = world.cluster.heartbeat(one.author, new Uint8Array(0), hlcFromMs(4e12));
        return { ...forged, signature: flip(forged.signature) as Signature };
      }),
    });
    await pushUntil(() => world.liesOf(2).has("forged-heartbeat"));
    expect((await reader.get("space", "name")).status).toBe("hit");
  });

  it("a probe answered over another nonce", async () => {
    world.cluster.scripts[2]!.probe = ({ id }) => ({
      id,
      heartbeat: world.cluster.heartbeat(2, new Uint8Array(32)),
    });
    const reader = await world.connected();
    // Three are enough to be connected, and to answer.
    while (!world.liesOf(2).has("forged-heartbeat")) {
      await reader.get("space", "name", { kind: "linearizable" });
    }
  });

  it("nothing for good of those who sign nothing yet: they are asked again", async () => {
    const reader = await world.connected();
    for (const index of [0, 1]) {
      let asked = 0;
      world.cluster.scripts[index]!.probe = (answer) =>
        asked++ === 0 ? { ...answer, heartbeat: undefined } : answer;
    }
    const read = await reader.get("space", "name", { kind: "linearizable" });
    expect(read.status).toBe("hit");
  });

  it("a linearizable floor that only one liar claims", async () => {
    const reader = await world.connected();
    claimFloor();
    const read = await reader.get("space", "name", { kind: "linearizable" });
    expect(read.status).toBe("hit");
  });

  it("such a floor while one who is honest is slow: they are all asked again", async () => {
    const reader = await world.connected();
    claimFloor();
    let asked = 0;
    world.cluster.scripts[3]!.probe = (answer) => (asked++ === 0 ? "silence" : answer);
    const read = await reader.get("space", "name", { kind: "linearizable" });
    expect(read.status).toBe("hit");
    expect(asked).toBeGreaterThan(1);
  });
});

/** Replica 0 signs a sequence that nobody has. */
function claimFloor(): void {
  const { sequence } = world.cluster;
  world.cluster.scripts[0]!.probe = (answer) => {
    world.cluster.sequence = 1_000_000 as Sequence;
    const heartbeat = world.cluster.heartbeat(0, nonceOf(answer));
    world.cluster.sequence = sequence;
    return { id: answer.id, heartbeat };
  };
}

function nonceOf(answer: wire.ProbeAnswer): Uint8Array {
  // The nonce is the heartbeat's last field: 32 bytes at its end.
  return answer.heartbeat!.heartbeat.slice(-32);
}

describe("a value refuses", () => {
  const large = async (): Promise<Client> => {
    world.cluster.setEntry("space", "large", {
      valueDigest: nodeCrypto.hash(world.cluster.large),
      size: world.cluster.large.length,
    });
    return world.connected();
  };

  it.each<readonly [string, Script["blob"]]>([
    ["wrong bytes", (bytes) => flip(bytes)],
    ["bytes that are wrong at the end", (bytes) => flip(bytes.toReversed()).reverse()],
    ["too many bytes", (bytes) => new Uint8Array(bytes.length + 10)],
    ["nothing", () => undefined],
  ])("%s, and goes on with the next replica", async (_what, blob) => {
    threeLie({ blob: blob! }, isAsked);
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
      expect(size).toBe(world.cluster.large.length);
    } catch (error) {
      // Wrong bytes may have been handed out, but never all of them.
      expect(error).toMatchObject({ code: "VALUE_UNAVAILABLE" });
      expect(size).toBeLessThan(world.cluster.large.length);
    }
  });

  it("wrong bytes of a value that is read whole, always with the right ones at the end", async () => {
    const read: ReadLie = (answer) => ({ ...answer, hasValue: false, value: new Uint8Array(0) });
    threeLie({ blob: flip, read }, isAsked);
    const hit = await (await world.connected()).get("space", "name");
    if (hit.status !== "hit") throw new Error("a miss");
    expect(await hit.value.read()).toEqual(world.cluster.value);
  });
});

describe("nobody waits for ever", () => {
  /** A read and a write were asked of somebody. */
  const underWay = (): Promise<void> =>
    waitUntil(() => {
      const { asked, submitted } = world.cluster;
      return asked.some((count) => count > 0) && submitted.length > 0;
    });

  it("an aborted read and an aborted write end at once", async () => {
    for (const script of world.cluster.scripts) {
      script.read = () => "silence";
      script.submit = () => "silence";
    }
    const both = await world.connected();
    const ending = new AbortController();
    const { signal } = ending;
    const reading = both.get("space", "name", { signal });
    const writing = both.put("space", "name", world.cluster.value, { signal });
    void underWay().then(() => ending.abort());
    await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
    await expect(writing).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  });

  it("a closed client settles what waits, and refuses what comes", async () => {
    for (const script of world.cluster.scripts) {
      script.read = () => "silence";
      script.submit = () => "silence";
    }
    const both = await world.connected();
    const reading = both.get("space", "name");
    const writing = both.put("space", "name", world.cluster.value);
    const settled = Promise.allSettled([reading, writing]);
    await underWay();
    await both.close();
    const [read, write] = await settled;
    expect(read).toMatchObject({ status: "rejected", reason: { code: "CLIENT_CLOSED" } });
    expect(write).toMatchObject({ status: "rejected", reason: { code: "OUTCOME_UNKNOWN" } });
    await expect(both.get("space", "name")).rejects.toMatchObject({ code: "CLIENT_CLOSED" });
  });

  it("a write that found no replica was not sent, which is no doubt", async () => {
    await world.cluster.close();
    const { genesis, writer: signer } = world.cluster;
    world.client = await connect({ genesis, signer, lazy: true });
    const options = { deadlineMs: 300 };
    const writing = world.client.put("space", "name", world.cluster.value, options);
    await expect(writing).rejects.toMatchObject({ code: "NOT_SENT" });
  });

  it("without any replica a lazy client says so soon", async () => {
    await world.cluster.close();
    world.client = await connect({ genesis: world.cluster.genesis, lazy: true });
    await expect(world.client.get("space", "name")).rejects.toMatchObject({
      code: "CLUSTER_UNREACHABLE",
    });
    world.cluster = await FakeCluster.start();
  });

  it("without fresh heartbeats a hit is stale where allowed, and a miss is refused", async () => {
    world.cluster.timeMs = Date.now() - 60_000;
    world.client = await connect({ genesis: world.cluster.genesis });
    const deadlineMs = 600;
    for (const script of world.cluster.scripts)
      script.root = (root) => ({ ...root, heartbeats: [] });
    await waitUntil(() => world.client!.status().replicas.every((one) => one.connected));
    world.cluster.push();
    const reading = world.client.get("space", "name", { deadlineMs });
    await expect(reading).rejects.toMatchObject({ code: "NO_FRESH_CERTIFICATE" });
    const stale = await world.client.get("space", "name", { allowStale: true, deadlineMs });
    expect(stale).toMatchObject({ status: "hit", freshness: { stale: true } });
    const missing = world.client.get("space", "other", { allowStale: true, deadlineMs });
    await expect(missing).rejects.toMatchObject({ code: "NO_FRESH_CERTIFICATE" });
  });
});

describe("a lost connection", () => {
  it("is made again, and what waited is asked elsewhere", async () => {
    const reader = await world.connected();
    for (const index of [0, 1, 2]) world.cluster.cut(index);
    expect((await reader.get("space", "name")).status).toBe("hit");
    await waitUntil(() => reader.status().replicas.every((one) => one.connected));
  });
});
