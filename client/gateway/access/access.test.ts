import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../../base/bytes.ts";
import type { RunningGateway } from "../start-gateway.ts";
import { eventually, noise, openDoor } from "../testing/door-world.ts";
import { grpcRequest } from "../testing/grpc-request.ts";
import { rawRequest } from "../testing/raw-request.ts";
import type { RawAnswer } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { talk } from "../testing/talk.ts";
import { readTokenFile } from "./token-file.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const SECRET = noise(700, "what team-b has");
const HASH = sha256(SECRET);
const DOORS_TOKEN = "at-bazels-door-only";
const FILE = {
  format: 1,
  type: "quorate-tokens",
  anonymous: { read: ["public"] },
  tokens: [
    { name: "team-a", sha256: sha256(utf8("writes-a")), write: ["team-a"] },
    { name: "reader", sha256: sha256(utf8("reads-a")), read: ["team-a"] },
    { name: "narrow", sha256: sha256(utf8("narrow-a")), write: ["team-a/bazel/"] },
    { name: "doors", sha256: sha256(utf8(DOORS_TOKEN)), write: ["*"], doors: ["bazel"] },
    { name: "team-b", sha256: sha256(utf8("writes-b")), write: ["team-b"] },
  ],
};

const ONCE = { name: "once", sha256: sha256(utf8("once")), write: ["team-a"], rate: 1e-6 };

type Call = (path: string, options?: Parameters<typeof rawRequest>[2]) => Promise<RawAnswer>;

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;

const overHttp: Call = (path, options) => rawRequest(gateway.url, path, options);
const overGrpc: Call = (path, options) => grpcRequest(gateway.grpcPort!, path, options);

interface Row {
  readonly id: string;
  readonly call: Call;
  readonly path: (namespace: string) => string;
  /** Under which the entry lies. */
  readonly name: string;
  /** What a read and a write look like, of nobody and of somebody else. */
  readonly read: number;
  readonly readOfOther: number;
  readonly write: number;
}

const PLAIN = { call: overHttp, read: 404, readOfOther: 404, write: 403 };
const STRICT = { call: overHttp, read: 403, readOfOther: 403, write: 403 };
const GRPC = { call: overGrpc, read: 401, readOfOther: 403, write: 403 };
const NAR = "1".repeat(52);
const ROWS: readonly Row[] = [
  { ...PLAIN, id: "plain", path: (of) => `/cache/${of}/k`, name: "k", write: 200 },
  {
    ...STRICT,
    id: "turbo",
    path: (of) => `/v8/artifacts/0123456789abcdef?slug=${of}`,
    name: "turbo/0123456789abcdef",
  },
  { ...PLAIN, id: "nx", path: (of) => `/${of}/v1/cache/17`, name: "nx/17" },
  { ...STRICT, id: "bazel blobs", path: (of) => `/${of}/cas/${HASH}`, name: `bazel/cas/${HASH}` },
  { ...STRICT, id: "bazel results", path: (of) => `/${of}/ac/${HASH}`, name: `bazel/ac/${HASH}` },
  { ...PLAIN, id: "nix", path: (of) => `/nix/${of}/nar/${NAR}.nar`, name: `nix/nar/${NAR}.nar` },
  { ...PLAIN, id: "dav", path: (of) => `/dav/${of}/a/k`, name: "dav/a/k" },
  { ...GRPC, id: "reapi blobs", path: (of) => `/${of}/cas/${HASH}/700`, name: `bazel/cas/${HASH}` },
  { ...GRPC, id: "reapi results", path: (of) => `/${of}/ac/${HASH}/9`, name: `bazel/ac/${HASH}` },
];

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const NOBODIES: readonly (readonly [string, string | undefined, string])[] = [
  ["no token", undefined, "no-token"],
  ["a wrong token", "Bearer another", "wrong-token"],
  ["a wrong password", basic("writes-a:another"), "wrong-token"],
  ["a hash in place of its token", `Bearer ${sha256(utf8("writes-a"))}`, "wrong-token"],
  ["an empty token", "Bearer", "wrong-token"],
  ["another scheme", "Digest writes-a", "wrong-token"],
  ["another namespace's token", "Bearer writes-b", "not-granted"],
  ["a token that holds at another door", `Bearer ${DOORS_TOKEN}`, "not-granted"],
];

function headersOf(authorization: string | undefined): Record<string, string> {
  return authorization === undefined ? {} : { Authorization: authorization };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "quorate-access-"));
  const tokenFile = join(folder, "tokens.json");
  const tokens = [...FILE.tokens, ONCE];
  writeFileSync(tokenFile, JSON.stringify({ ...FILE, tokens }), { mode: 0o600 });
  cluster = new ScriptedCluster();
  gateway = await openDoor(join(folder, "gateway"), cluster, {
    tokenFile,
    grpcPort: 0,
    redisPort: 0,
    memcachedPort: 0,
    textNamespace: "team-a",
  });
  await eventually(async () => (await overHttp("/readyz")).status === 200);
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(ROWS)("door $id", ({ id, call, path, name, read, readOfOther, write }) => {
  const holdsHere = id.startsWith("bazel") ? `Bearer ${DOORS_TOKEN}` : "";
  const cases = NOBODIES.filter(([, token]) => token !== holdsHere);

  it.each(cases)(
    "tells %s nothing, whether or not there is something",
    async (_who, token, why) => {
      const headers = headersOf(token);
      const status = why === "not-granted" ? readOfOther : read;
      const asked = cluster.readKinds.length;
      const answers: unknown[] = [];
      for (const there of [false, true]) {
        if (there) cluster.place({ namespace: "team-a", name, bytes: SECRET });
        else cluster.rows.delete(`team-a/${name}`);
        const answer = await call(path("team-a"), { headers });
        expect(answer.status).toBe(status);
        expect(answer.headers["x-quorate-miss"]).toBe(why);
        answers.push([answer.status, answer.body.toString(), answer.headers["x-quorate-miss"]]);
        const head = await call(path("team-a"), { method: "HEAD", headers });
        expect([status, 404]).toContain(head.status);
        answers.push(head.status);
      }
      expect(answers.slice(0, 2)).toEqual(answers.slice(2));
      // Not so much as a question was asked for him.
      expect(cluster.readKinds).toHaveLength(asked);
    },
  );

  it.each(cases)("takes nothing in from %s", async (_who, token) => {
    const headers = headersOf(token);
    const put = await call(path("team-a"), { method: "PUT", body: SECRET, headers });
    expect(put.status).toBe(write);
    expect(put.headers["x-quorate-put"]).toBe("denied");
    if (call === overHttp) {
      const erased = await call(path("team-a"), { method: "DELETE", headers });
      expect(erased.headers["x-quorate-delete"]).toBe("denied");
      expect(erased.status).toBe(403);
    }
    expect(cluster.submitted).toEqual([]);
    expect(cluster.deletes).toBe(0);
  });

  it("lets one who only reads read, and not write", async () => {
    cluster.rows.delete(`team-a/${name}`);
    const headers = headersOf("Bearer reads-a");
    const answer = await call(path("team-a"), { headers });
    expect([answer.status, answer.headers["x-quorate-miss"]]).toEqual([404, "absent"]);
    const put = await call(path("team-a"), { method: "PUT", body: SECRET, headers });
    expect([put.status, put.headers["x-quorate-put"]]).toEqual([write, "read-only"]);
    expect(cluster.submitted).toEqual([]);
  });

  it.each(["Bearer writes-a", basic("anybody:writes-a"), basic("writes-a:"), basic("writes-a")])(
    "lets the writer in by '%s'",
    async (token) => {
      const answer = await call(path("team-a"), { headers: headersOf(token) });
      expect(["absent", "refused"]).toContain(answer.headers["x-quorate-miss"]);
    },
  );

  it("answers one who asks too often a miss, asks nobody for him and takes nothing in", async () => {
    const headers = headersOf("Bearer once");
    cluster.place({ namespace: "team-a", name, bytes: SECRET });
    // His one request, unless he has made it at another door.
    await call(path("team-a"), { headers });
    const asked = cluster.readKinds.length;
    const answer = await call(path("team-a"), { headers });
    expect([answer.status, answer.headers["x-quorate-miss"]]).toEqual([404, "busy"]);
    const put = await call(path("team-a"), { method: "PUT", body: SECRET, headers });
    expect([put.status, put.headers["x-quorate-put"]]).toEqual([write, "denied"]);
    expect(cluster.readKinds).toHaveLength(asked);
    expect(cluster.submitted).toEqual([]);
    cluster.rows.delete(`team-a/${name}`);
  });

  it("lets everybody read what is for all", async () => {
    const answer = await call(path("public"));
    expect([answer.status, answer.headers["x-quorate-miss"]]).toEqual([404, "absent"]);
  });
});

describe("bytes that another namespace has", () => {
  it.each([
    ["bazel", overHttp, (of: string) => `/${of}/cas/${HASH}`],
    ["reapi", overGrpc, (of: string) => `/${of}/cas/${HASH}/700`],
  ] as const)(
    "are missing by their digest at door %s, though they lie in the cache",
    async (_id, call, path) => {
      cluster.rows.clear();
      cluster.place({ namespace: "team-b", name: `bazel/cas/${HASH}`, bytes: SECRET });
      const theirs = await call(path("team-b"), { headers: headersOf("Bearer writes-b") });
      expect(theirs.status).toBe(200);
      for (const method of ["GET", "HEAD"]) {
        const ours = await call(path("team-a"), { method, headers: headersOf("Bearer writes-a") });
        expect(ours.status).toBe(404);
      }
    },
  );
});

describe("a token", () => {
  it("may hold for some keys only", async () => {
    const headers = headersOf("Bearer narrow-a");
    const inside = await overHttp(`/team-a/cas/${sha256(utf8("other"))}`, { headers });
    expect(inside.headers["x-quorate-miss"]).toBe("absent");
    const outside = await overHttp("/cache/team-a/k", { headers });
    expect(outside.headers["x-quorate-miss"]).toBe("not-granted");
  });

  it("may hold at some doors only", async () => {
    const headers = headersOf(`Bearer ${DOORS_TOKEN}`);
    const path = `/team-b/cas/${sha256(utf8("other"))}`;
    expect((await overHttp(path, { headers })).headers["x-quorate-miss"]).toBe("absent");
    expect((await overGrpc(`${path}/9`, { headers })).headers["x-quorate-miss"]).toBe(
      "not-granted",
    );
  });
});

describe("what else there is", () => {
  it("turbo's question for many tells of one's own only", async () => {
    cluster.place({ namespace: "team-b", name: "turbo/0123456789abcdef", bytes: SECRET });
    const body = utf8(JSON.stringify({ hashes: ["0123456789abcdef"] }));
    const answer = await overHttp("/v8/artifacts?slug=team-b", {
      method: "POST",
      body,
      headers: headersOf("Bearer writes-a"),
    });
    expect(JSON.parse(answer.body.toString())).toEqual({ "0123456789abcdef": null });
  });

  it.each(["/api/v1/entries/team-b", "/api/v1/entries/team-b/k", "/api/v1/entries/team-b/none"])(
    "%s has neither entry nor receipt for another",
    async (path) => {
      cluster.place({ namespace: "team-b", name: "k", bytes: SECRET });
      const asked = cluster.readKinds.length;
      for (const token of [undefined, "Bearer another", "Bearer writes-a"]) {
        const answer = await overHttp(path, { headers: headersOf(token) });
        expect(answer.status).toBe(403);
        expect(JSON.parse(answer.body.toString()).error.code).toBe("NOT_GRANTED");
      }
      expect(cluster.readKinds).toHaveLength(asked);
      const own = await overHttp(path, { headers: headersOf("Bearer writes-b") });
      expect(own.status).not.toBe(403);
    },
  );

  it.each(["/metrics", "/api/v1/status"])("%s is for those who are known", async (path) => {
    expect((await overHttp(path)).status).toBeGreaterThanOrEqual(401);
    expect((await overHttp(path, { headers: headersOf("Bearer reads-a") })).status).toBe(200);
  });

  it.each(["/healthz", "/readyz", "/"])("%s is for everybody", async (path) => {
    expect((await overHttp(path)).status).toBe(200);
  });

  it("Redis knows a token by AUTH", async () => {
    cluster.place({ namespace: "team-a", name: "redis/k1", bytes: utf8("v") });
    const say = async (...lines: string[]): Promise<string> =>
      (
        await talk(
          gateway.redisPort!,
          [...lines, "QUIT"].map((line) => `${line}\r\n`),
        )
      ).toString();
    const denied = "-NOPERM this token may not do that here\r\n";
    expect(await say("GET k1", "SET k2 v")).toBe(`$-1\r\n${denied}+OK\r\n`);
    expect(await say("AUTH team-a another", "GET k1")).toBe(
      "-WRONGPASS no such token\r\n$-1\r\n+OK\r\n",
    );
    expect(await say("AUTH team-a writes-b", "GET k1")).toBe("+OK\r\n$-1\r\n+OK\r\n");
    const readOnly = "-READONLY this gateway has no key\r\n";
    expect(await say("AUTH team-a reads-a", "GET k1", "SET k2 v")).toBe(
      `+OK\r\n$1\r\nv\r\n${readOnly}+OK\r\n`,
    );
    expect(await say("AUTH writes-a", "SET k2 v")).toBe("+OK\r\n+OK\r\n+OK\r\n");
  });

  it("memcached knows none, and is for what everybody may", async () => {
    cluster.place({ namespace: "team-a", name: "memcached/k1", bytes: utf8("v") });
    const answer = await talk(gateway.memcachedPort!, [
      "get k1\r\n",
      "set k2 0 0 1\r\nv\r\n",
      "quit\r\n",
    ]);
    expect(answer.toString()).toBe("END\r\nSERVER_ERROR denied\r\n");
  });
});

describe("a tokens file", () => {
  const write = (text: string, mode = 0o600): string => {
    const path = join(mkdtempSync(join(folder, "file-")), "tokens.json");
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const refusal = (path: string): unknown => {
    try {
      readTokenFile(path);
      return undefined;
    } catch (error) {
      return (error as { readonly code: string }).code;
    }
  };

  it("is read", () => {
    expect(readTokenFile(write(JSON.stringify(FILE))).tokens).toHaveLength(5);
    expect(refusal(write('{"format":1,"type":"quorate-tokens"}'))).toBeUndefined();
  });

  it.each([0o640, 0o604, 0o666, 0o700])("of mode %o is refused", (mode) => {
    expect(refusal(write(JSON.stringify(FILE), mode))).toBe("TOKENS_UNSAFE");
  });

  it("that is a link, or is not there, is refused", () => {
    const path = write(JSON.stringify(FILE));
    symlinkSync(path, `${path}.link`);
    expect(refusal(`${path}.link`)).toBe("TOKENS_UNSAFE");
    expect(refusal(`${path}.none`)).toBe("TOKENS_UNSAFE");
    expect(refusal(folder)).toBe("TOKENS_UNSAFE");
  });

  it.each([
    "",
    "[]",
    "{}",
    '{"format":2,"type":"quorate-tokens"}',
    '{"format":1,"type":"quorate-tokens","tokens":{}}',
    '{"format":1,"type":"quorate-tokens","tokens":[{"name":"x"}]}',
    '{"format":1,"type":"quorate-tokens","tokens":[{"name":"x","sha256":"00"}]}',
    '{"format":1,"type":"quorate-tokens","anonymous":{"read":["Not One"]}}',
    '{"format":1,"type":"quorate-tokens","anonymous":{"read":[],"rate":0}}',
    '{"format":1,"type":"quorate-tokens","anonymous":{"read":[],"rate":"9"}}',
    '{"format":1,"type":"quorate-tokens","anonymous":{"read":"team-a"}}',
    `{"format":1,"type":"quorate-tokens","tokens":[${Array.from({ length: 257 }, () => `{"name":"x","sha256":"${HASH}"}`).join(",")}]}`,
  ])("that is none is refused: %s", (text) => {
    expect(refusal(write(text))).toBe("TOKENS_MALFORMED");
  });
});
