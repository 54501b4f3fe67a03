import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../base/bytes.ts";
import { newSeed, signingKey } from "../../base/host/signing-key.ts";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { runJson } from "../run-quorate.ts";
import { askStatus } from "./equal-roots.ts";
import { WriteLoad } from "./write-load.ts";

/** Keys are changed while everything runs: a writer's, the operator's, a replica's. */
const SPACE = "rotation";
const ROTATED = 1;
const AMNESIAC = 2;
const LOADED_MS = 120_000;

interface Rotated {
  readonly before: string;
  readonly publicKey: string;
}

let cluster: LocalCluster;
let client: Client;

beforeAll(async () => {
  cluster = await LocalCluster.start();
  client = await open("writer");
}, LOADED_MS);

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
});

const keyFile = (role: "writer" | "operator"): string => join(cluster.folder, role, "key.json");

function open(role: "writer" | "operator"): Promise<Client> {
  const signer = readKeyFile(keyFile(role));
  return connect({ genesis: cluster.genesis, signer, deadlineMs: LOADED_MS });
}

function rotate(whose: string): Promise<Rotated & { readonly exitCode: number | undefined }> {
  return runJson(["key", "rotate", whose, "--dir", cluster.folder, "--timeout", "100"]);
}

/** However long it takes. */
async function ready(index: number): Promise<void> {
  await eventually(async () => {
    const answer = await cluster.get(index, "/readyz").catch(() => undefined);
    return answer?.ok === true;
  });
}

async function notReady(index: number): Promise<string> {
  const answer = await cluster.get(index, "/readyz").catch(() => undefined);
  return answer === undefined ? "" : answer.text();
}

/** While `work` goes on, writers that never pause; one failed write fails the test. */
async function underLoad(label: string, work: () => Promise<void>): Promise<void> {
  const load = new WriteLoad(client, { namespace: SPACE, label, pauseMs: 5 });
  const answered = async (count: number): Promise<void> => {
    const goal = load.requests + count;
    await Promise.race([eventually(() => load.requests >= goal), load.ended]);
  };
  try {
    await answered(20);
    await work();
    await answered(20);
  } finally {
    await load.stop();
  }
  console.log(`${label}: ${load.summary()}`);
}

describe("a key that is changed under load", () => {
  it(
    "of a writer: its writes go on under the new one, and the old one may do nothing",
    async () => {
      const successor = signingKey(newSeed());
      const old = client.writer;
      await underLoad("writer's key", async () => void (await client.rotate(successor)));
      expect(client.writer).toEqual(successor.publicKey);
      const { writers } = await client.policy();
      expect(writers.find(({ writer }) => toHex(writer) === toHex(old!))).toBeUndefined();
      const thief = await open("writer");
      try {
        const stolen = thief.put(SPACE, "stolen", Uint8Array.of(1));
        await expect(stolen).rejects.toMatchObject({ code: "NOT_ENROLLED" });
      } finally {
        await thief.close();
      }
    },
    LOADED_MS,
  );

  it(
    "of the operator, by the command: only the new one orders policy",
    async () => {
      const old = await open("operator");
      try {
        const rotated = await rotate("operator");
        expect(rotated).toMatchObject({ exitCode: 0, before: toHex(old.writer!) });
        expect(toHex(readKeyFile(keyFile("operator")).publicKey)).toBe(rotated.publicKey);
        expect(existsSync(`${keyFile("operator")}.next`)).toBe(false);
        const order = { action: 3, confirmations: 1 };
        await expect(old.administer("ruled", order)).rejects.toMatchObject({
          code: "NOT_ENROLLED",
        });
      } finally {
        await old.close();
      }
      // Too soon for another one; the key that lies ready is no reason for confusion.
      expect(await rotate("operator")).toMatchObject({
        exitCode: 1,
        error: { code: "ROTATION_TOO_SOON" },
      });
    },
    LOADED_MS,
  );

  it(
    "of a replica: it keeps its place, and its old key is gone",
    async () => {
      const { keyFile: file, nodeFile } = folderLayout(cluster.nodeFolder(ROTATED));
      const before = toHex(readKeyFile(file).publicKey);
      await underLoad("replica's key", async () => {
        expect(await rotate(cluster.nodeFolder(ROTATED))).toMatchObject({ exitCode: 0, before });
        await ready(ROTATED);
      });
      const { replicas } = await askStatus(cluster);
      expect(replicas.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
      expect(toHex(readKeyFile(file).publicKey)).not.toBe(before);
      expect(readFileSync(nodeFile, "utf8")).not.toContain("index");
      // Its vote counts: without one more the others need it.
      await cluster.kill(3);
      await client.put(SPACE, "needed", Uint8Array.of(1));
      cluster.launch(3);
      await ready(3);
    },
    LOADED_MS,
  );

  it(
    "of a replica that has lost its promises: under the new one it may vote again",
    async () => {
      await cluster.kill(AMNESIAC);
      rmSync(folderLayout(cluster.nodeFolder(AMNESIAC)).promises, { recursive: true });
      cluster.launch(AMNESIAC);
      await eventually(async () => (await notReady(AMNESIAC)).includes("amnesiac"));
      await underLoad("amnesiac's key", async () => {
        expect(await rotate(cluster.nodeFolder(AMNESIAC))).toMatchObject({ exitCode: 0 });
        await ready(AMNESIAC);
      });
      await cluster.kill(0);
      await client.put(SPACE, "needed again", Uint8Array.of(1));
      // And after a restart it still is who it became.
      await cluster.kill(AMNESIAC);
      cluster.launch(AMNESIAC);
      cluster.launch(0);
      await Promise.all([0, AMNESIAC].map(ready));
      const got = await client.get(SPACE, "writer's key-0-0", { kind: "linearizable" });
      expect(got.status).toBe("hit");
    },
    LOADED_MS,
  );
});
