import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { verifyReceiptFile } from "./verify-with-cli.ts";
import { equalRoots } from "./equal-roots.ts";

const ENTRY_COUNT = 10_000;
const WRITER_COUNT = 64;
/** Under way at once: what is asked for all at once is due all at once, too. */
const OUTSTANDING_COUNT = 512;
const READER_COUNT = 16;

const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("what was acknowledged is kept", () => {
  let cluster: LocalCluster;
  const open = (): Promise<Client> =>
    connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
    });

  beforeAll(async () => {
    cluster = await LocalCluster.start();
  });
  afterAll(() => cluster?.stop());

  it(`${ENTRY_COUNT} entries put: all four replicas show the same state root`, async () => {
    const client = await open();
    const indexes = Array.from({ length: ENTRY_COUNT }, (_, index) => index).values();
    const lane = async (): Promise<void> => {
      for (const index of indexes) await client.put("many", `entry-${index}`, randomBytes(100));
    };
    await Promise.all(Array.from({ length: OUTSTANDING_COUNT }, lane));
    await client.close();
    const status = await equalRoots(cluster);
    expect(new Set(status.map((replica) => replica.stateRoot)).size).toBe(1);
    expect(status).toHaveLength(4);
  });

  it(`all processes SIGKILLed at once while ${WRITER_COUNT} writers write: nothing acknowledged is lost`, async () => {
    const client = await open();
    const acknowledged = new Map<string, string>();
    const stopping = new AbortController();
    const writer = async (number: number): Promise<void> => {
      for (let count = 0; !stopping.signal.aborted; count++) {
        const value = randomBytes(500);
        const name = `writer-${number}-${count}`;
        try {
          await client.put("kept", name, value, { deadlineMs: 3000 });
          acknowledged.set(name, digestOf(value));
        } catch {
          // Too slow, or killed: it was not acknowledged.
        }
      }
    };
    const writers = Array.from({ length: WRITER_COUNT }, (_, number) => writer(number));
    while (acknowledged.size < 2000) await new Promise((resolve) => setTimeout(resolve, 5));
    await cluster.killAll();
    stopping.abort();
    await Promise.all(writers);
    await client.close();

    await cluster.startAll();
    const reader = await open();
    const names = acknowledged.entries();
    const reading = Array.from({ length: READER_COUNT }, async () => {
      for (const [name, digest] of names) {
        const found = await reader.get("kept", name, { kind: "certified" });
        expect(found.status, name).toBe("hit");
        if (found.status === "hit") expect(digestOf(await found.value.read()), name).toBe(digest);
      }
    });
    await Promise.all(reading);
    const [name, digest] = [...acknowledged][0] as [string, string];
    const receipt = (await reader.get("kept", name)).receipt();
    expect((await verifyReceiptFile(cluster, receipt)).exitCode).toBe(0);
    expect(digest).toHaveLength(64);
    await reader.close();
    const status = await equalRoots(cluster);
    expect(new Set(status.map((replica) => replica.stateRoot)).size).toBe(1);
  });
});
