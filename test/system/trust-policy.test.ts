import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import type { ContestedJson } from "../../cluster/cli/contested-json.ts";
import type { NamespaceJson, WriterJson } from "../../cluster/cli/policy-json.ts";
import { runJson, runQuorate } from "../run-quorate.ts";
import type { Ran } from "../run-quorate.ts";

interface PolicyJson {
  readonly writers: readonly WriterJson[];
  readonly namespaces: readonly NamespaceJson[];
}

/** Policy as its operator works with it: by the commands, on four real processes. */
describe("trust policy", () => {
  let cluster: LocalCluster;
  const names = ["alice", "bob", "carol", "mallory"];
  const keyOf = (name: string): string => join(cluster.folder, `${name}.json`);
  const fileOf = (content: string): string => {
    const path = join(cluster.folder, `value-${randomBytes(4).toString("hex")}`);
    writeFileSync(path, content);
    return path;
  };
  const quorate = (...args: string[]): Promise<Ran> =>
    runQuorate([...args, "--dir", cluster.folder]);
  const json = <T>(...args: string[]): Promise<T & { readonly exitCode: number | undefined }> =>
    runJson<T>([...args, "--dir", cluster.folder]);
  /** Exit code, and the error's code. */
  const put = async (who: string, namespace: string, key: string, content: string) => {
    const args = ["put", namespace, key, fileOf(content), "--key", keyOf(who)];
    const { exitCode, error } = await json<{ readonly error?: { readonly code: string } }>(...args);
    return [exitCode, error?.code];
  };
  const get = async (namespace: string, key: string): Promise<readonly unknown[]> => {
    const { exitCode, stdout } = await quorate("get", namespace, key);
    return exitCode === 0 ? [0, stdout] : [exitCode];
  };
  const disputes = async (...more: string[]): Promise<readonly ContestedJson[]> =>
    (await json<{ readonly disputes: ContestedJson[] }>("disputes", ...more)).disputes;

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    for (const name of names) createKeyFile(keyOf(name));
  });
  afterAll(() => cluster?.stop());

  it("enrols writers with grants, and shows all of it", async () => {
    for (const name of names.slice(0, 3)) {
      const args = [
        "writer",
        "add",
        keyOf(name),
        "--operator",
        `op-${name}`,
        "--to",
        "shared,pair",
      ];
      expect((await quorate(...args)).exitCode).toBe(0);
    }
    const grants = ["--operator", "op-mallory", "--to", "pulls,shared/pr-"];
    expect((await quorate("writer", "add", keyOf("mallory"), ...grants)).exitCode).toBe(0);
    const set = ["policy", "set", "pair", "--confirmations", "2", "--ttl", "3600"];
    expect(await json<NamespaceJson>(...set)).toMatchObject({ version: 1, confirmations: 2 });
    const more = await json<NamespaceJson>("policy", "set", "pair", "--quota", "1000000");
    expect(more).toMatchObject({ version: 2, confirmations: 2, ttlMaxS: 3600, quotaBytes: 1e6 });
    const { writers, namespaces } = await json<PolicyJson>("policy", "show");
    const found = writers.find(({ operator }) => operator === "op-mallory");
    expect(found).toMatchObject({ grants: ["pulls", "shared/pr-"], administrator: false });
    // Those of the folder: its operator and its writer.
    expect([writers.length, namespaces.length]).toEqual([6, 1]);
  });

  it("keeps a writer to its grants", async () => {
    expect(await put("mallory", "shared", "pr-7", "seven")).toEqual([0, undefined]);
    expect(await put("mallory", "shared", "main", "evil")).toEqual([1, "NOT_ALLOWED"]);
    expect(await put("mallory", "pair", "pr-7", "evil")).toEqual([1, "NOT_ALLOWED"]);
    expect(await get("shared", "main")).toEqual([4]);
  });

  it("lets one writer alone take no confirmed key out of service, and shows who differs", async () => {
    expect(await put("alice", "shared", "lib.o", "good")).toEqual([0, undefined]);
    expect(await put("bob", "shared", "lib.o", "evil")).toEqual([1, "DIFFERS"]);
    expect(await get("shared", "lib.o")).toEqual([0, "good"]);
    expect(await disputes()).toEqual([]);
    const [only] = await disputes("--all");
    expect(only).toMatchObject({ namespace: "shared", key: "lib.o", state: "served" });
    expect(only?.answers.map(({ served, by }) => [served, by[0]?.operator]).toSorted()).toEqual([
      [false, "op-bob"],
      [true, "op-alice"],
    ]);
  });

  it("serves a disputed key again by an operator's decision, and by nobody else's", async () => {
    expect(await put("carol", "shared", "lib.o", "evil")).toEqual([1, "DISPUTED"]);
    expect(await get("shared", "lib.o")).toEqual([4]);
    const [dispute] = await disputes();
    const right = dispute!.answers.find(({ by }) => by[0]?.operator === "op-alice")!.digest;
    const resolve = ["disputes", "resolve", "shared", "lib.o"];
    const stranger = await quorate(...resolve, "--keep", right, "--key", keyOf("bob"));
    expect([stranger.exitCode, stranger.stderr]).toEqual([
      1,
      expect.stringContaining("NOT_ADMINISTRATOR"),
    ]);
    expect((await quorate(...resolve, "--keep", "00000000")).exitCode).toBe(64);
    expect((await quorate(...resolve)).exitCode).toBe(64);
    const { exitCode, kept } = await json<{ readonly kept: string }>(
      ...resolve,
      "--keep",
      right.slice(0, 12),
    );
    expect([exitCode, kept]).toEqual([0, right]);
    expect(await get("shared", "lib.o")).toEqual([0, "good"]);
    expect((await quorate(...resolve, "--drop")).exitCode).toBe(0);
    expect(await get("shared", "lib.o")).toEqual([4]);
  });

  it("withdraws what only a revoked writer vouched for", async () => {
    expect(await put("bob", "shared", "bobs", "b")).toEqual([0, undefined]);
    expect(await put("bob", "shared", "both", "b")).toEqual([0, undefined]);
    expect(await put("alice", "shared", "both", "b")).toEqual([0, undefined]);
    expect((await quorate("writer", "revoke", keyOf("bob"))).exitCode).toBe(0);
    expect(await get("shared", "bobs")).toEqual([4]);
    expect(await get("shared", "both")).toEqual([0, "b"]);
    expect(await put("bob", "shared", "again", "b")).toEqual([1, "NOT_ENROLLED"]);
    const { writers } = await json<PolicyJson>("policy", "show");
    expect(writers.some(({ operator }) => operator === "op-bob")).toBe(false);
  });

  it("leaves what a retired writer vouched for", async () => {
    expect(await put("carol", "shared", "carols", "c")).toEqual([0, undefined]);
    const retire = ["writer", "revoke", keyOf("carol"), "--keep-entries"];
    expect((await quorate(...retire)).exitCode).toBe(0);
    expect(await get("shared", "carols")).toEqual([0, "c"]);
  });

  it("counts only trusted operators where it names some", async () => {
    expect((await quorate("policy", "set", "shared", "--trusted", "op-alice")).exitCode).toBe(0);
    expect(await put("mallory", "shared", "pr-8", "m")).toEqual([0, undefined]);
    expect(await get("shared", "pr-8")).toEqual([4]);
    expect(await put("alice", "shared", "pr-8", "m")).toEqual([0, undefined]);
    expect(await get("shared", "pr-8")).toEqual([0, "m"]);
  });
});
