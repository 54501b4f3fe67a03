import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import type { Hlc } from "../../base/types.ts";
import { connect } from "../../client/connect.ts";
import { verifyReceipt } from "../../client/receipt/verify-receipt.ts";
import { folderLayout } from "../../node/folder-layout.ts";
import { eventually } from "../../node/testing/eventually.ts";
import { EpochCluster } from "./epoch-cluster.ts";

/** Members come and go while clients write. */

let cluster: EpochCluster;
/** A moment of the first epoch. */
let genesisEpoch: Hlc;

beforeAll(async () => {
  cluster = await EpochCluster.create();
  await cluster.start();
});

afterAll(() => cluster?.close());

/** Answers the agreed time of the last of them. */
async function writes(label: string, count: number): Promise<Hlc> {
  let time: Hlc | undefined;
  for (let each = 0; each < count; each++) {
    const put = await cluster.client.put(
      "membership",
      `${label}-${each}`,
      utf8(`${label} ${each}`),
    );
    expect(put.outcome).toBe("accepted");
    ({ time } = put);
  }
  return time!;
}

async function expectReadable(label: string): Promise<void> {
  const got = await cluster.client.get("membership", `${label}-0`, { kind: "linearizable" });
  if (got.status !== "hit") throw new Error(`${label} is gone`);
  const verdict = verifyReceipt(nodeCrypto, { genesis: cluster.genesis, receipt: got.receipt() });
  expect(verdict).toMatchObject({ valid: true, kind: "presence" });
}

/**
 * Writes on until told to stop; answers how many, and rejects if any failed. With pauses: however
 * long a change takes, the time before it stays among the roots that are kept.
 */
function writeOn(label: string): () => Promise<number> {
  const end = new AbortController();
  const loops = [0, 1, 2, 3].map(async (loop) => {
    let count = 0;
    for (; !end.signal.aborted; count++) {
      const put = await cluster.client.put("membership", `${label}-${loop}-${count}`, utf8(label));
      expect(put.outcome).toBe("accepted");
      await sleep(20);
    }
    return count;
  });
  return async () => {
    end.abort();
    return (await Promise.all(loops)).reduce((sum, count) => sum + count, 0);
  };
}

describe("members come and go", () => {
  it("admits a fifth member, which comes up by a transfer and votes", async () => {
    genesisEpoch = await writes("before", 3);
    const fifth = await cluster.newcomer("node-4");
    expect(cluster.replica("node-4").status()).toMatchObject({ ready: false, index: -1 });
    await cluster.reconfigure({ add: [fifth.member] }, [fifth.key]);
    await eventually(() => cluster.replica("node-4").status().ready);
    await writes("after", 3);
    await expectReadable("before");
    await expectReadable("after");
  });

  it("lets a founder go, whose process says so", async () => {
    const stop = writeOn("under-way");
    await cluster.reconfigure({ remove: [cluster.current.members[0]!.publicKey] });
    await writes("without", 3);
    expect(await stop()).toBeGreaterThan(0);
    await expectReadable("before");
    await eventually(() => {
      const { notReady } = cluster.replica("node-0").status();
      return notReady[0] === `no member any more since epoch ${cluster.current.epoch}`;
    });
  });

  it("puts a new replica in the place of one that has lost its promises", async () => {
    const lost = cluster.current.members.findIndex(
      ({ address }) => address === cluster.addressOf("node-1"),
    );
    await cluster.stop("node-1");
    rmSync(folderLayout(cluster.path("node-1")).promises, { recursive: true });
    await cluster.run("node-1");
    await eventually(() => cluster.replica("node-1").status().amnesiac);
    const fresh = await cluster.newcomer("node-5");
    const stop = writeOn("replaced");
    const remove = [cluster.current.members[lost]!.publicKey];
    await cluster.reconfigure({ add: [fresh.member], remove }, [fresh.key]);
    await eventually(() => cluster.replica("node-5").status().ready);
    expect(await stop()).toBeGreaterThan(0);
    // One more may be missing now: the new member's vote is needed, and counts.
    await cluster.stop("node-1");
    await cluster.stop("node-2");
    await writes("with the new one", 2);
    await cluster.run("node-2");
    await expectReadable("before");
  });

  it("lets a client that was away all the time come after by genesis alone", async () => {
    const other = await connect({
      genesis: cluster.genesis,
      signer: undefined,
      deadlineMs: 60_000,
    });
    try {
      const got = await other.get("membership", "before-0", { kind: "linearizable" });
      expect(got.status).toBe("hit");
      expect(other.status()).toMatchObject({ epoch: cluster.current.epoch });
    } finally {
      await other.close();
    }
  });

  it("answers for a moment of an earlier epoch, with that epoch's signatures", async () => {
    const past = await cluster.client.getAt("membership", "before-2", genesisEpoch);
    expect(past.row).toMatchObject({ name: "before-2" });
    const verdict = verifyReceipt(nodeCrypto, {
      genesis: cluster.genesis,
      receipt: past.receipt(),
    });
    expect(verdict).toMatchObject({ valid: true, epoch: 0 });
    const later = await cluster.client.getAt("membership", "after-0", genesisEpoch);
    expect(later.row).toBeUndefined();
  });

  it("goes on over a restart of everybody", async () => {
    const names = [...cluster.replicas.keys()];
    for (const name of names) await cluster.stop(name);
    await Promise.all(names.map((name) => cluster.run(name)));
    await writes("after a restart", 2);
    await expectReadable("under-way-0");
  });
});
