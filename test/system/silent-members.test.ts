import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster, QUORATE } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/connect.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { runJson } from "../run-quorate.ts";
import { askStatus } from "./equal-roots.ts";
import { WRITE_LOOPS, WriteLoad } from "./write-load.ts";

/**
 * n = 10, f = 3: three die at once under load. The others notice, agree without anybody's help to go
 * on without them, and take them back when an operator says so.
 */
const GONE = [0, 4, 9];
const NODE = [QUORATE, "node", "--remove-silent-after", "4", "--dir"];
const SPACE = "silent-members";
/** Ten replicas and a client on a machine that does something else, too. */
const LOADED_MS = 300_000;

let cluster: LocalCluster;
let client: Client;

beforeAll(async () => {
  cluster = await LocalCluster.create({ replicaCount: 10 });
  const all = Array.from({ length: 10 }, (_, index) => index);
  for (const index of all) cluster.launch(index, NODE);
  await Promise.all(all.map(ready));
  const signer = readKeyFile(join(cluster.folder, "writer", "key.json"));
  client = await connect({ genesis: cluster.genesis, signer, deadlineMs: 120_000 });
}, LOADED_MS);

afterAll(async () => {
  await client?.close();
  await cluster?.stop();
});

/** However long it takes: ten start at once. */
async function ready(index: number): Promise<void> {
  await eventually(async () => {
    const answer = await cluster.get(index, "/readyz").catch(() => undefined);
    return answer?.ok === true;
  });
}

/** Eleven processes share the machine with other tests. */
const writeOn = (label: string): WriteLoad =>
  new WriteLoad(client, { namespace: SPACE, label, pauseMs: 20 });

async function expectReadable(label: string): Promise<void> {
  for (const loop of WRITE_LOOPS) {
    const got = await client.get(SPACE, `${label}-${loop}-0`, { kind: "linearizable" });
    expect(got.status).toBe("hit");
  }
}

const epochIs = (epoch: number) => (): boolean => client.status().epoch === epoch;

describe("three of ten killed at once under load", () => {
  it(
    "are let go by agreement, and no request fails",
    async () => {
      const load = writeOn("killed");
      await eventually(async () => (await client.get(SPACE, "killed-0-9")).status === "hit");
      const killedMs = performance.now();
      await Promise.all(GONE.map((index) => cluster.kill(index)));
      await eventually(epochIs(1));
      const healedMs = performance.now() - killedMs;
      await load.stop();
      const { n, f } = await askStatus(cluster);
      expect({ n, f }).toEqual({ n: 7, f: 3 });
      console.log(`${load.summary()}, without the dead after ${healedMs.toFixed(0)} ms`);
      await expectReadable("killed");
    },
    LOADED_MS,
  );

  it(
    "so that one more may be silent",
    async () => {
      await cluster.kill(5);
      const load = writeOn("one-more");
      await eventually(async () => (await client.get(SPACE, "one-more-2-5")).status === "hit");
      await load.stop();
      cluster.launch(5, NODE);
      await ready(5);
    },
    LOADED_MS,
  );

  it(
    "come back, are no members, and are admitted again by an operator",
    async () => {
      for (const index of GONE) cluster.launch(index, NODE);
      for (const index of GONE) {
        await eventually(async () => {
          const answer = await cluster.get(index, "/readyz").catch(() => undefined);
          return (await answer?.text())?.includes("no member any more since epoch 1") === true;
        });
      }
      const load = writeOn("readmitted");
      for (const [done, index] of GONE.entries()) {
        const folder = ["--dir", cluster.folder, "--again", cluster.nodeFolder(index)];
        const added = await runJson<object>(["member", "add", ...folder, "--timeout", "120"]);
        expect(added).toMatchObject({ exitCode: 0, n: 8 + done, epoch: 2 + done });
      }
      await load.stop();
      for (const index of GONE) await ready(index);
      expect(await askStatus(cluster)).toMatchObject({ n: 10, f: 3 });
      await expectReadable("killed");
      await expectReadable("readmitted");
    },
    LOADED_MS,
  );

  it("who is a member is not admitted twice", async () => {
    const folder = ["--dir", cluster.folder, "--again", cluster.nodeFolder(2)];
    const added = await runJson<object>(["member", "add", ...folder]);
    expect(added).toMatchObject({ exitCode: 64, error: { code: "MEMBERSHIP_INVALID" } });
  });
});
