import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { concatBytes } from "../base/bytes.ts";
import { SUBMIT_EXECUTED } from "../consensus/wire/connection.ts";
import { folderLayout } from "./folder-layout.ts";
import { sha256OfParts } from "./promises/promise-files.ts";
import {
  encodeFrame,
  KIND_CLOSED,
  scanSegment,
  SEGMENT_HEADER_SIZE,
} from "./promises/segment-format.ts";
import { temporaryFolder } from "./testing/temporary-folder.ts";
import { TestClient, TestWriter } from "./testing/test-client.ts";
import { TestCluster } from "./testing/test-cluster.ts";

const VICTIM = 3;
/**
 * Fewer than a checkpoint's, so that one file has all of them; and so many that there are turns
 * enough, however many messages a busy machine takes together in one.
 */
const WRITE_COUNT = 126;

/** Rewrites the last promise file without its last turns, as if they had never been written. */
function cutTurns(promises: string, count: number): void {
  const name = readdirSync(promises)
    .filter((file) => file.startsWith("segment-"))
    .sort()
    .at(-1)!;
  const path = join(promises, name);
  const file = readFileSync(path);
  const { frames, salt } = scanSegment(file, sha256OfParts)!;
  const turns = frames.filter((frame) => frame.every(({ kind }) => kind !== KIND_CLOSED));
  expect(turns.length).toBeGreaterThan(count);
  const kept = turns.slice(0, -count).map((frame, index) =>
    encodeFrame(
      { salt, frameIndex: index },
      frame.map(({ kind, body }) => ({ kind, parts: [body] })),
      sha256OfParts,
    ),
  );
  writeFileSync(path, concatBytes(file.subarray(0, SEGMENT_HEADER_SIZE), ...kept));
}

it("promises that lost whole turns off their end are found out by what was executed", async () => {
  const cluster = await TestCluster.create(temporaryFolder());
  onTestFinished(() => cluster.stopAll());
  await cluster.startAll();
  const client = await TestClient.connect(cluster.genesis, cluster.address(0));
  onTestFinished(() => client.close());
  const writer = new TestWriter(cluster.genesis, cluster.writers[0]!);
  for (let count = 0; count < WRITE_COUNT; count++) {
    const { bytes, digest } = writer.put(`name-${count}`, "value");
    expect((await client.submit(bytes, digest)).status).toBe(SUBMIT_EXECUTED);
  }
  await cluster.agree(WRITE_COUNT);
  await cluster.stopAll();
  const { promises } = folderLayout(cluster.nodeFolder(VICTIM));
  const whole = join(cluster.folder, "whole");
  cpSync(promises, whole, { recursive: true });
  const startWith = async (cut: number): Promise<boolean> => {
    rmSync(promises, { recursive: true });
    cpSync(whole, promises, { recursive: true });
    if (cut > 0) cutTurns(promises, cut);
    const { amnesiac, notReady } = (await cluster.start(VICTIM)).status();
    if (amnesiac) expect(notReady.join()).toContain("the promises end before what was executed");
    await cluster.stop(VICTIM);
    return amnesiac;
  };
  for (const cut of [1, 5, 127]) expect(await startWith(cut), `${cut} turns lost`).toBe(true);
  // What gave it away may be gone the next time.
  rmSync(folderLayout(cluster.nodeFolder(VICTIM)).store, { recursive: true });
  expect((await cluster.start(VICTIM)).status().amnesiac).toBe(true);
  await cluster.stop(VICTIM);
  expect(await startWith(0)).toBe(false);
});
