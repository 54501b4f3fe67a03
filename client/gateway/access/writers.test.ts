import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../base/bytes.ts";
import { createKeyFile } from "../../../base/host/key-file.ts";
import type { GatewayOptions, RunningGateway } from "../start-gateway.ts";
import { eventually, metric, noise, openDoor } from "../testing/door-world.ts";
import { grpcRequest } from "../testing/grpc-request.ts";
import { rawRequest } from "../testing/raw-request.ts";
import { ScriptedCluster } from "../testing/scripted-cluster.ts";
import { talk } from "../testing/talk.ts";

/** Several writers behind one gateway: each token signs under the key that stands beside it. */

const BODY = noise(700, "what somebody made");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const HASH = sha256(BODY);

let folder: string;
let cluster: ScriptedCluster;
let gateway: RunningGateway;
const writers = new Map<string, string>();

const bearer = (token: string): Record<string, string> => ({ Authorization: `Bearer ${token}` });

function writeTokens(keys: readonly string[]): void {
  const token = (name: string, more: object): object => {
    return { name, sha256: sha256(utf8(name)), write: ["team-a"], ...more };
  };
  const keyed = keys.map((name) => token(name, { key: `${name}.key.json` }));
  const tokens = [...keyed, token("keyless", {}), token("reader", { read: ["team-a"], write: [] })];
  const metrics = { name: "all", sha256: sha256(utf8("all")), read: ["*"] };
  const file = { format: 1, type: "quorate-tokens", tokens: [...tokens, metrics] };
  writeFileSync(join(folder, "tokens.json"), JSON.stringify(file), { mode: 0o600 });
}

async function open(options: GatewayOptions = {}): Promise<void> {
  gateway = await openDoor(join(folder, "gateway"), cluster, {
    tokenFile: join(folder, "tokens.json"),
    grpcPort: 0,
    redisPort: 0,
    textNamespace: "team-a",
    ...options,
  });
  await eventually(async () => (await rawRequest(gateway.url, "/readyz")).status === 200);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-writers-"));
  for (const name of ["main", "fork"]) {
    const { publicKey } = createKeyFile(join(folder, `${name}.key.json`));
    writers.set(name, toHex(publicKey));
  }
  writeTokens(["main", "fork"]);
  cluster = new ScriptedCluster();
});
afterEach(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

const put = (token: string, path = "/cache/team-a/k", body = BODY): ReturnType<typeof rawRequest> =>
  rawRequest(gateway.url, path, { method: "PUT", body, headers: bearer(token) });
const get = (token: string, path = "/cache/team-a/k"): ReturnType<typeof rawRequest> =>
  rawRequest(gateway.url, path, { headers: bearer(token) });

describe("a token with a key of its own", () => {
  it.each([
    ["plain", "k", (token: string) => put(token)],
    ["bazel", `bazel/cas/${HASH}`, (token: string) => put(token, `/team-a/cas/${HASH}`)],
    ["dav", "dav/a/k", (token: string) => put(token, "/dav/team-a/a/k")],
    [
      "reapi",
      `bazel/cas/${HASH}`,
      (token: string) => {
        const options = { method: "PUT", body: BODY, headers: bearer(token) };
        return grpcRequest(gateway.grpcPort!, `/team-a/cas/${HASH}/700`, options);
      },
    ],
    [
      "redis",
      "redis/k",
      (token: string) => talk(gateway.redisPort!, [`AUTH ${token}\r\nSET k v\r\nQUIT\r\n`]),
    ],
  ])("signs with it at door %s, and no other's", async (_door, name, write) => {
    await open();
    for (const token of ["fork", "main"]) {
      cluster.signed.length = 0;
      cluster.rows.clear();
      await write(token);
      await eventually(() => cluster.rows.has(`team-a/${name}`));
      expect(cluster.signed).toEqual([{ writer: writers.get(token), name: `team-a/${name}` }]);
      // What is certified is not put again: the second writer begins without it.
      cluster.revoke("team-a", name);
    }
  });

  it("is answered its own entry before it is certified; nobody else is", async () => {
    await open();
    cluster.writes = "hang";
    expect((await put("fork")).status).toBe(201);
    const own = await get("fork");
    expect([own.status, own.headers["x-quorate-certainty"]]).toEqual([200, "own"]);
    for (const token of ["main", "keyless", "reader"]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await rawRequest(gateway.url, "/cache/team-a/k", {
          method,
          headers: bearer(token),
        });
        expect(answer.status).toBe(404);
      }
    }
  });

  it("is answered its own after a restart, and nobody else is", async () => {
    await open();
    cluster.writes = "hang";
    await put("fork");
    await gateway.close();
    await open();
    expect((await get("fork")).headers["x-quorate-certainty"]).toBe("own");
    expect((await get("main")).status).toBe(404);
  });

  it("reads what another's became once it is certified", async () => {
    await open();
    await put("fork");
    await eventually(async () => (await get("main")).status === 200);
    expect((await get("main")).headers["x-quorate-certainty"]).toBe("certified");
  });

  it("withdraws under it, and only what it has put itself", async () => {
    await open();
    cluster.writes = "unsignable";
    await put("main");
    cluster.signed.length = 0;
    await rawRequest(gateway.url, "/cache/team-a/k", { method: "DELETE", headers: bearer("fork") });
    expect(cluster.signed[0]).toEqual({ writer: writers.get("fork"), name: "delete team-a/k" });
    expect((await get("main")).headers["x-quorate-certainty"]).toBe("own");
    cluster.writes = "honest";
    await eventually(() => cluster.rows.has("team-a/k"));
  });

  it("writes at a gateway that has no key itself", async () => {
    await open({ signer: undefined });
    expect((await put("keyless")).headers["x-quorate-put"]).toBe("read-only");
    expect((await put("main")).status).toBe(201);
    await eventually(() => cluster.rows.has("team-a/k"));
    expect(cluster.signed.map(({ writer }) => writer)).toEqual([writers.get("main")]);
  });
});

describe("what could not be signed before the end", () => {
  beforeEach(async () => {
    await open();
    cluster.writes = "unsignable";
    await put("fork");
    await gateway.close();
    cluster.signed.length = 0;
    cluster.writes = "honest";
  });

  it("is signed with the same key by the next process", async () => {
    await open();
    await eventually(() => cluster.rows.has("team-a/k"));
    expect(cluster.signed.map(({ writer }) => writer)).toEqual([writers.get("fork")]);
  });

  it("is not signed by another when that key is gone", async () => {
    writeTokens(["main"]);
    await open();
    await eventually(async () => (await depth()) === 0);
    expect(cluster.signed).toEqual([]);
    expect(cluster.rows.size).toBe(0);
  });
});

it.each([
  ["is open to others", () => chmodSync(join(folder, "fork.key.json"), 0o644), "KEY_FILE_MODE"],
  ["is not there", () => rmSync(join(folder, "fork.key.json")), "KEY_FILE_MISSING"],
])("a gateway does not start with a key that %s", async (_what, spoil, code) => {
  await open();
  await gateway.close();
  spoil();
  await expect(open()).rejects.toMatchObject({ code });
  writeTokens(["main"]);
  await open();
});

/** Of the gateway that runs. */
function depth(): Promise<number> {
  return metric(gateway.url, "quorate_gateway_journal_depth", bearer("all"));
}
