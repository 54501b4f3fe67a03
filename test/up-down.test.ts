import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readLauncherState } from "../cluster/launcher/launcher-state.ts";
import type { LauncherState } from "../cluster/launcher/launcher-state.ts";
import { isAlive } from "../cluster/launcher/process-identity.ts";
import type { ClusterStatus } from "../cluster/status/cluster-status.ts";
import { dimacs, pigeonhole } from "../proof/cnf/testing/sample-formulas.ts";
import { LOGIC, PROOFS } from "../proof/metamath/testing/small-database.ts";
import { runJson, runQuorate } from "./run-quorate.ts";

/** A whole cluster, as a newcomer runs it: real processes, real disks, free ports. */
const parent = mkdtempSync(join(tmpdir(), "quorate-up-"));
const dir = join(parent, "cluster");
const at = ["--dir", dir];
const file = (name: string): string => join(parent, name);
const up = (...more: string[]): Promise<UpJson> =>
  runJson<UpJson>(["up", ...at, "--gateway-port", "0", "--detach", ...more]);

interface UpJson {
  readonly exitCode: number | undefined;
  readonly pid: number;
  readonly gateway: string;
  readonly notReady: readonly unknown[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

interface StatJson {
  readonly exitCode: number | undefined;
  readonly found?: boolean;
  readonly digest: string;
  readonly sequence: number;
}

const status = (): Promise<ClusterStatus & { exitCode: number | undefined }> =>
  runJson<ClusterStatus>(["status", ...at]);

function stateNow(): LauncherState {
  const state = readLauncherState(dir);
  if (state === undefined) throw new Error("no launcher runs");
  return state;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const verify = (receipt: string, ...more: string[]): Promise<{ valid: boolean; code?: string }> =>
  runJson([
    "receipt",
    "verify",
    "--cluster",
    join(dir, "cluster.json"),
    "--receipt",
    receipt,
    ...more,
  ]);

let started: UpJson;
beforeAll(async () => {
  started = await up("--base-port", "0");
});
afterAll(async () => {
  await runQuorate(["down", ...at]);
  rmSync(parent, { recursive: true, force: true });
});

describe("up --detach", () => {
  it("returns 0 once the cluster serves", async () => {
    expect(started).toMatchObject({ exitCode: 0, n: 4, f: 1, notReady: [] });
    expect((await fetch(`${started.gateway}/readyz`)).status).toBe(200);
  });

  it("keeps a child for each replica and one gateway, and says so", () => {
    const state = stateNow();
    expect(state).toMatchObject({ pid: started.pid, phase: "serving" });
    expect(state.children.map((child) => child.name)).toEqual([
      ...["node-0", "node-1", "node-2", "node-3", "gateway", "viewer"],
    ]);
    expect(state.children.every(isAlive)).toBe(true);
  });

  it("writes structured logs and nothing else", () => {
    for (const name of readdirSync(join(dir, "logs"))) {
      const lines = readFileSync(join(dir, "logs", name), "utf8")
        .trim()
        .split("\n");
      for (const line of lines) expect(JSON.parse(line)).toHaveProperty("msg");
    }
  });

  it("a second one on the folder is refused, with the first one's number", async () => {
    const second = await up();
    expect(second).toMatchObject({ exitCode: 64, error: { code: "UP_ALREADY_RUNNING" } });
    expect(second.error?.message).toContain(String(started.pid));
    expect(stateNow().children.every(isAlive)).toBe(true);
  });

  it("refuses to be another cluster than the folder's", async () => {
    expect(await up("--replicas", "7")).toMatchObject({
      exitCode: 64,
      error: { code: "UP_DIFFERS" },
    });
  });
});

describe("status", () => {
  it("says of each replica who it is and how far it came", async () => {
    const answer = await status();
    expect(answer).toMatchObject({ exitCode: 0, n: 4, f: 1, view: 0, primary: 0 });
    expect(answer.cluster).toMatch(/^[0-9a-f]{64}$/);
    const children = stateNow().children;
    expect(answer.replicas.map((replica) => replica.pid)).toEqual(
      children.slice(0, 4).map((child) => child.pid),
    );
    for (const replica of answer.replicas) {
      expect(replica).toMatchObject({ alive: true, ready: true, amnesiac: false, halted: false });
    }
  });

  it("is a table for people", async () => {
    const { stdout, exitCode } = await runQuorate(["status", ...at]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("n 4  f 1  view 0  primary 0");
    expect(stdout.match(/ready/g)).toHaveLength(4);
  });

  it("doctor finds nothing to say", async () => {
    expect(await runJson(["doctor", ...at])).toEqual({ exitCode: 0, healthy: true, findings: [] });
  });
});

describe("an entry's life", () => {
  it("put waits until it is certified", async () => {
    writeFileSync(file("value"), "the value\n");
    const put = await runJson(["put", ...at, "default", "a key", file("value")]);
    expect(put).toMatchObject({ exitCode: 0, outcome: "accepted", size: 10, key: "a key" });
  });

  it("put takes standard input", async () => {
    const put = await runJson(["put", ...at, "default", "piped", "-", "--ttl", "3600"], {
      input: "from a pipe",
    });
    expect(put).toMatchObject({ exitCode: 0, size: 11 });
  });

  it("put takes a value too large to ride inside", async () => {
    const large = "0123456789abcdef".repeat(20_000);
    writeFileSync(file("large"), large);
    const put = await runJson<StatJson>(["put", ...at, "default", "large", file("large")]);
    expect(put).toMatchObject({ exitCode: 0, size: 320_000 });
    const got = await runQuorate(["get", ...at, "default", "large"]);
    expect(got.stdout === large).toBe(true);
  });

  it("get writes the value, and nothing else, to standard output", async () => {
    const got = await runQuorate(["get", ...at, "default", "a key"]);
    expect(got).toEqual({ exitCode: 0, stdout: "the value\n", stderr: "" });
  });

  it("get writes value and receipt to files, and the receipt verifies offline", async () => {
    const got = await runJson([
      ...["get", ...at, "default", "a key"],
      ...["--out", file("out"), "--receipt", file("present.receipt")],
    ]);
    expect(got).toMatchObject({ exitCode: 0, found: true, size: 10, out: file("out") });
    expect(readFileSync(file("out"), "utf8")).toBe("the value\n");
    expect(
      await verify(file("present.receipt"), "--value", file("out"), "--key", "a key"),
    ).toMatchObject({ exitCode: 0, valid: true, kind: "presence", key: "a key" });
  });

  it("get of what is not there is a certified miss, with a receipt of the absence", async () => {
    const got = await runJson([
      ...["get", ...at, "default", "nothing", "--receipt", file("absent.receipt")],
    ]);
    expect(got).toMatchObject({ exitCode: 4, found: false, reason: "absent" });
    expect(await verify(file("absent.receipt"), "--key", "nothing")).toMatchObject({
      exitCode: 0,
      valid: true,
      kind: "absence",
      absence: "absent",
    });
  });

  it.each([
    ["another value", ["--value", file("large")], "RECEIPT_VALUE_MISMATCH"],
    ["another key", ["--key", "piped"], "RECEIPT_OTHER_KEY"],
    ["another namespace", ["--namespace", "other"], "RECEIPT_OTHER_KEY"],
  ])("receipt verify refuses %s", async (_title, more, code) => {
    expect(await verify(file("present.receipt"), ...more)).toMatchObject({
      exitCode: 1,
      valid: false,
      code,
    });
  });

  it("receipt verify refuses a changed receipt, with a reason", async () => {
    const bytes = readFileSync(file("present.receipt"));
    const middle = bytes.length >> 1;
    bytes[middle] = (bytes[middle] ?? 0) ^ 1;
    writeFileSync(file("changed.receipt"), bytes);
    const { exitCode, stdout } = await runQuorate([
      ...["receipt", "verify", "--cluster", join(dir, "cluster.json")],
      ...["--receipt", file("changed.receipt")],
    ]);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(/^refused RECEIPT_[A-Z_]+: .+\n$/);
  });

  it("of a proof is had by its obligation's key, with grade, confidence and provenance", async () => {
    // One that is worth sharing: cheaper ones are proved again where they are needed.
    writeFileSync(file("never.cnf"), dimacs(pigeonhole(6)));
    const alone = ["--provers", "none", "--cache", file("cache")];
    const proved = await runJson(["cnf", "prove", ...at, file("never.cnf"), ...alone]);
    expect(proved).toMatchObject({ exitCode: 0, grade: "checked-here", confidence: 1 });
    expect(proved).toMatchObject({
      published: [{ outcome: "published" }, { outcome: "published" }],
    });
    expect(proved).toMatchObject({ provenance: "tier1: built in" });
    const { stdout } = await runQuorate(["cnf", "key", file("never.cnf")]);
    const asked = [...at, "default", stdout.trim(), "--by-key"];
    const checked = { exitCode: 0, kind: "cnf/1", grade: "checked", confidence: 0.99 };
    const provenance = { operator: expect.stringMatching(/./), writer: expect.stringMatching(/./) };
    expect(await runJson(["stat", ...asked])).toMatchObject({ ...checked, ...provenance });
    expect(await runJson(["get", ...asked])).toMatchObject({
      ...{ ...checked, ...provenance },
      provenance: expect.stringContaining("written by") as unknown,
    });
    const said = await runQuorate(["get", ...asked, "--out", file("never.proof")]);
    expect(said.stdout).toMatch(
      /\ngrade checked {2}confidence 0\.99 {2}provenance: \S+, written by /,
    );
    // By its name there is none.
    expect((await runQuorate(["stat", ...at, "default", stdout.trim()])).exitCode).toBe(4);
    const odd = await runQuorate(["stat", ...at, "default", "abc", "--by-key"]);
    expect(odd.stderr).toContain("a key has 32 bytes");
  });

  it("of a whole database is told, too, on its way in and out", async () => {
    writeFileSync(file("small.mm"), `${LOGIC}${PROOFS}`);
    const there = [...at, "--namespace", "mathematics"];
    const words = ["mm", "import", file("small.mm"), ...there];
    const text = (await runQuorate(words)).stdout;
    expect(text).toMatch(/\ngrade checked {2}confidence 0\.99 {2}provenance: this writer; /);
    expect(await runJson(words)).toMatchObject({
      ...{ exitCode: 0, grade: "checked", confidence: 0.99 },
      provenance: expect.stringContaining("this writer") as unknown,
    });
    const out = ["mm", "export", "small", file("out.mm"), ...there];
    expect((await runQuorate(out)).stdout).toMatch(
      /\ngrade checked-here {2}confidence 1\.00 {2}provenance: network, mathematics\/small; /,
    );
    expect(await runJson(out)).toMatchObject({
      ...{ exitCode: 0, grade: "checked-here", confidence: 1 },
      provenance: expect.stringContaining("network") as unknown,
    });
  });

  it("stat has every field of its contract", async () => {
    const stat = await runJson(["stat", ...at, "default", "piped"]);
    expect(stat).toEqual({
      exitCode: 0,
      key: "piped",
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      size: 11,
      kind: "raw/1",
      grade: expect.any(String) as unknown,
      confidence: expect.any(Number) as unknown,
      source: "local",
      path: [],
      writer: expect.stringMatching(/^[0-9a-f]{64}$/) as unknown,
      operator: "writer",
      hlc: expect.stringMatching(/^\d+$/) as unknown,
      ttlS: 3600,
      freshness: { kind: "session", stale: false, ageMs: expect.any(Number) as unknown },
      sequence: expect.any(Number) as unknown,
    });
  });

  it("ls lists in the order of names, page by page", async () => {
    const first = await runJson<ListJson>(["ls", ...at, "default", "--limit", "2"]);
    expect(names(first)).toEqual(["a key", "large"]);
    const rest = await runJson<ListJson>(["ls", ...at, "default", "--after", first.next ?? ""]);
    expect(names(rest)).toEqual(["piped"]);
    const some = await runJson<ListJson>(["ls", ...at, "default", "--prefix", "pi"]);
    expect(names(some)).toEqual(["piped"]);
  });

  it("a second value for an immutable key is kept as evidence, and the first is served", async () => {
    const put = (input: string): Promise<unknown> =>
      runJson(["put", ...at, "default", "twice", "-"], { input });
    expect(await put("one")).toMatchObject({ exitCode: 0 });
    expect(await put("other")).toMatchObject({ exitCode: 1, error: { code: "DIFFERS" } });
    const got = await runQuorate(["get", ...at, "default", "twice"]);
    expect([got.exitCode, got.stdout]).toEqual([0, "one"]);
  });

  it("delete withdraws it, and a second one finds nothing", async () => {
    expect(await runJson(["delete", ...at, "default", "a key"])).toMatchObject({
      exitCode: 0,
      deleted: true,
    });
    expect((await runQuorate(["get", ...at, "default", "a key"])).exitCode).toBe(4);
    expect(await runJson(["delete", ...at, "default", "a key"])).toMatchObject({
      exitCode: 4,
      deleted: false,
    });
  });

  it("the gateway serves what put wrote", async () => {
    await until(async () => (await fetch(`${started.gateway}/cache/default/piped`)).ok);
    const answer = await fetch(`${started.gateway}/cache/default/piped`);
    expect(await answer.text()).toBe("from a pipe");
  });
});

interface ListJson {
  readonly entries: readonly { readonly key: string }[];
  readonly next: string | null;
}

const names = (list: ListJson): string[] => list.entries.map((entry) => entry.key);

describe("what dies is started again", () => {
  it("a killed replica comes back under another number and catches up", async () => {
    const victim = stateNow().children[3];
    process.kill(victim?.pid ?? 0, "SIGKILL");
    await until(() => stateNow().children.some((child) => child.restarts === 1));
    let after = await status();
    // Ready is who may still be about to execute the last of them.
    const isWhole = ({ replicas }: ClusterStatus): boolean =>
      replicas.every((replica) => replica.ready) &&
      new Set(replicas.map((replica) => replica.stateRoot)).size === 1;
    await until(async () => isWhole((after = await status())));
    expect(after.replicas[3]?.pid).not.toBe(victim?.pid);
  });

  it("a killed launcher takes all of its children with it", async () => {
    const state = stateNow();
    process.kill(state.pid, "SIGKILL");
    await until(() => !state.children.some(isAlive));
    expect((await status()).exitCode).toBe(69);
    const doctor = await runJson<{ findings: { code: string }[] }>(["doctor", ...at]);
    expect(doctor.exitCode).toBe(1);
    expect(doctor.findings.map((finding) => finding.code)).toEqual(["LAUNCHER_DIED", "ALL_DEAD"]);
  });

  it("and the next up serves what was certified before", async () => {
    started = await up();
    expect(started.exitCode).toBe(0);
    expect((await runQuorate(["get", ...at, "default", "piped"])).stdout).toBe("from a pipe");
  });
});

describe("down", () => {
  it("ends the launcher and every child, and says so", async () => {
    const state = stateNow();
    expect(await runJson(["down", ...at])).toMatchObject({
      exitCode: 0,
      stopped: true,
      pid: state.pid,
      killed: 0,
    });
    expect([state, ...state.children].some(isAlive)).toBe(false);
  });

  it("with nothing running is no error", async () => {
    expect(await runJson(["down", ...at])).toMatchObject({ exitCode: 0, stopped: false });
  });

  it("status then says that all are dead", async () => {
    const answer = await status();
    expect(answer).toMatchObject({ exitCode: 69, view: null, primary: null });
    expect(answer.replicas.map((replica) => replica.alive)).toEqual([false, false, false, false]);
  });

  it("a client's command says that the cluster cannot be reached", async () => {
    const got = await runJson(["get", ...at, "default", "piped", "--timeout", "2"]);
    expect(got).toMatchObject({ exitCode: 69, error: { code: "CLUSTER_UNREACHABLE" } });
  });
});

describe("a port in use", () => {
  const fresh = join(parent, "fresh");
  let squatter: Server;
  let taken: number;
  beforeAll(async () => {
    squatter = createServer();
    taken = await new Promise((resolve) => {
      squatter.listen(0, "127.0.0.1", () => {
        const address = squatter.address();
        resolve(typeof address === "object" && address ? address.port : 0);
      });
    });
  });
  afterAll(() => new Promise((resolve) => squatter.close(resolve)));

  it.each([
    ["for the gateway", () => ["--base-port", "0", "--gateway-port", String(taken)]],
    ["for a replica", () => ["--base-port", String(taken), "--gateway-port", "0"]],
  ])("%s is named, and nothing is left behind", async (_title, ports) => {
    const refused = await runJson<UpJson>(["up", "--dir", fresh, ...ports(), "--detach"]);
    expect(refused).toMatchObject({ exitCode: 64, error: { code: "PORT_IN_USE" } });
    expect(refused.error?.message).toContain(`port ${taken}`);
    expect(readdirSync(parent)).not.toContain("fresh");
  });
});
