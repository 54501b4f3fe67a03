import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { eventually, KEPT_MS, metric, noise, openDoor } from "../testing/door-world.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import type { ReadScript } from "../testing/scripted-cluster.ts";
import { talk } from "../testing/talk.ts";

const FAILURES: readonly ReadScript[] = [
  ...(["down", "no-quorum", "view-change", "forged", "hang", "truncated", "empty"] as const),
  ...(["wrong-meaning", "surprise"] as const),
];

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;
const others: RunningGateway[] = [];

async function open(options: GatewayOptions = {}): Promise<RunningGateway> {
  const home = mkdtempSync(join(folder, "gateway-"));
  const ports = { redisPort: 0, memcachedPort: 0, textNamespace: "team-a" };
  const opened = await openDoor(home, cluster, { ...ports, ...options });
  others.push(opened);
  await eventually(async () => (await rawRequest(opened.url, "/readyz")).status === 200);
  return opened;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-text-doors-"));
  cluster = new ScriptedCluster();
  gateway = await open();
});
afterEach(async () => {
  for (const one of others.splice(0)) await one.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Each door as one who sets and gets a value; answers as text. */
const DOORS = [
  {
    id: "memcached",
    port: (): number => gateway.memcachedPort!,
    name: (key: string) => `memcached/${key}`,
    set: (key: string, value: Uint8Array): (string | Uint8Array)[] => [
      `set ${key} 0 0 ${value.length}\r\n`,
      value,
      "\r\n",
    ],
    get: (key: string) => `get ${key}\r\n`,
    quit: "quit\r\n",
    stored: "STORED\r\n",
    miss: "END\r\n",
    hit: (key: string, value: Uint8Array) =>
      Buffer.concat([
        Buffer.from(`VALUE ${key} 0 ${value.length}\r\n`),
        value,
        Buffer.from("\r\nEND\r\n"),
      ]),
    readOnly: "SERVER_ERROR read-only\r\n",
  },
  {
    id: "redis",
    port: (): number => gateway.redisPort!,
    name: (key: string) => `redis/${key}`,
    set: (key: string, value: Uint8Array): (string | Uint8Array)[] => [
      `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n`,
      value,
      "\r\n",
    ],
    get: (key: string) => `*2\r\n$3\r\nGET\r\n$${key.length}\r\n${key}\r\n`,
    quit: "*1\r\n$4\r\nQUIT\r\n",
    stored: "+OK\r\n",
    miss: "$-1\r\n",
    hit: (_key: string, value: Uint8Array) =>
      Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")]),
    readOnly: "-READONLY this gateway has no key\r\n",
  },
] as const;

describe.each(DOORS)("door $id", (door) => {
  const value = noise(3000, "a prover's verdict");
  const bye = door.id === "redis" ? "+OK\r\n" : "";
  const say = (...pieces: (string | Uint8Array)[]): Promise<Buffer> =>
    talk(door.port(), [...pieces, door.quit]);

  it("keeps a value, publishes it, and hands it out", async () => {
    const answer = await say(...door.set("k1", value), door.get("k1"), door.get("k2"));
    const expected = [
      Buffer.from(door.stored),
      door.hit("k1", value),
      Buffer.from(door.miss + bye),
    ];
    expect(answer).toEqual(Buffer.concat(expected));
    await eventually(() => cluster.rows.size === 1);
    expect([...cluster.rows.keys()]).toEqual([`team-a/${door.name("k1")}`]);
  });

  it("takes several commands in one piece, and one in many", async () => {
    const all = Buffer.concat(
      [...door.set("k1", value), door.get("k1")].map((part) => Buffer.from(part)),
    );
    const expected = Buffer.concat([Buffer.from(door.stored), door.hit("k1", value)]);
    expect(await say(all)).toEqual(Buffer.concat([expected, Buffer.from(bye)]));
    const small = Buffer.from("v");
    const bytes = Buffer.concat(
      [...door.set("k2", small), door.get("k2")].map((part) => Buffer.from(part)),
    );
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
    expect((await say(...pieces)).toString()).toContain(door.hit("k2", small).toString());
  });

  it.each(FAILURES)("while the cluster is '%s' a read is a miss", async (script) => {
    if (script === "hang") gateway = await open({ doorDeadlineMs: KEPT_MS });
    cluster.place({ namespace: "team-a", name: door.name("k1"), bytes: value });
    cluster.reads = script;
    expect((await say(door.get("k1"))).toString()).toBe(door.miss + bye);
  });

  it("hands out what the cluster has certified", async () => {
    cluster.place({ namespace: "team-a", name: door.name("k1"), bytes: value });
    expect(await say(door.get("k1"))).toEqual(
      Buffer.concat([door.hit("k1", value), Buffer.from(bye)]),
    );
  });

  it("counts what it hands out, has not and takes in", async () => {
    cluster.place({ namespace: "team-a", name: door.name("k1"), bytes: value });
    await say(door.get("k1"), door.get("none"), ...door.set("k2", Buffer.from("12345")));
    const counted = (name: string, labels = ""): Promise<number> =>
      metric(gateway.url, `quorate_gateway_door_${name}{door="${door.id}"${labels}}`);
    expect(await counted("hits_total")).toBe(1);
    expect(await counted("misses_total", ',reason="absent"')).toBe(1);
    expect(await counted("writes_total", ',outcome="stored"')).toBe(1);
    expect(await counted("bytes_total", ',direction="in"')).toBe(5);
    expect(await counted("bytes_total", ',direction="out"')).toBe(value.length);
  });

  it("does not replace a certified answer, and is no error to the tool", async () => {
    cluster.place({ namespace: "team-a", name: door.name("k1"), bytes: value });
    await say(door.get("k1"));
    const evil = await say(...door.set("k1", Buffer.from("EVIL")), door.get("k1"));
    expect(evil.toString("latin1").startsWith(door.stored)).toBe(true);
    expect(evil.includes("EVIL")).toBe(false);
    expect(await metric(gateway.url, "quorate_gateway_evidence")).toBe(1);
  });

  it("without a key keeps nothing", async () => {
    gateway = await open({ signer: undefined });
    const answer = await say(...door.set("k1", value), door.get("k1"));
    expect(answer.toString()).toBe(door.readOnly + door.miss + bye);
  });

  it.each([
    ["a line without an end", "x".repeat(5000)],
    [
      "a value larger than any",
      door.id === "redis" ? "*1\r\n$99999999\r\n" : "set k 0 0 99999999\r\n",
    ],
    ["a size that is none", door.id === "redis" ? "*1\r\n$-5\r\n" : "set k 0 0 -5\r\n"],
    ["too many words", door.id === "redis" ? "*9999\r\n" : "set k 0 0 1\r\nab\r\n"],
  ])("%s ends the connection", async (_what, text) => {
    const answer = (await talk(door.port(), [text])).toString();
    expect(answer).toMatch(/^(?:CLIENT_ERROR|SERVER_ERROR|-ERR) .*\r\n$/);
  });

  it("bears what is no command", async () => {
    const answer = (await say("\r\n", "EVIL \u0001\r\n")).toString();
    expect(answer).toMatch(/ERR/);
  });
});

describe("what only Redis has", () => {
  const say = (...lines: string[]): Promise<Buffer> => {
    return talk(gateway.redisPort!, [...lines.map((line) => `${line}\r\n`), "QUIT\r\n"]);
  };

  it("counts and removes", async () => {
    const answer = await say("SET k v EX 60", "EXISTS k none", "PING", "SELECT 3", "DEL none");
    expect(answer.toString()).toBe("+OK\r\n:1\r\n+PONG\r\n+OK\r\n:0\r\n+OK\r\n");
    await eventually(() => cluster.rows.size === 1);
    expect((await say("DEL k", "GET k")).toString()).toBe(":1\r\n$-1\r\n+OK\r\n");
  });

  it("takes AUTH's user for the namespace", async () => {
    await say("AUTH team-b any", "SET k v");
    await eventually(() => cluster.rows.has("team-b/redis/k"));
    expect((await say("GET k")).toString()).toBe("$-1\r\n+OK\r\n");
    expect((await say("AUTH Not_One any")).toString()).toMatch(/^-WRONGPASS/);
    expect((await say("AUTH any")).toString()).toBe("+OK\r\n+OK\r\n");
  });

  it("shares ccache's entries with its flat layout over HTTP", async () => {
    const key = "c".repeat(33);
    await say(`SET ccache:${key} compiled`);
    const answer = await rawRequest(gateway.url, `/cache/team-a/${key}`);
    expect(answer.body.toString()).toBe("compiled");
  });
});

it("neither is served unless it was asked for", async () => {
  const plain = await open({ redisPort: undefined, memcachedPort: undefined });
  expect([plain.redisPort, plain.memcachedPort]).toEqual([undefined, undefined]);
});

it("a port that is taken is told, and leaves nothing open", async () => {
  await expect(open({ redisPort: gateway.port })).rejects.toMatchObject({ code: "PORT_IN_USE" });
});
