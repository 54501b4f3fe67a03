import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKeyFile } from "../../base/host/key-file.ts";
import { LocalCluster } from "../../bench/harness/local-cluster.ts";
import { connect } from "../../client/connect.ts";
import type { Client } from "../../client/types.ts";
import { askStatus, equalRoots } from "./equal-roots.ts";

const VICTIM = 3;
const MIB = 1024 * 1024;
const READER_COUNT = 16;
/** A little more than the store's reserve. */
const DISK_BYTES = 300 * MIB;

function mount(folder: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", folder], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}

function unmount(folder: string): void {
  execFileSync("umount", ["-l", folder]);
}

/** The replica goes on writing meanwhile, and what it takes first is no longer there for us. */
function writeAsMuchAsFits(path: string, bytes: Uint8Array): void {
  try {
    writeFileSync(path, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}

const probe = mkdtempSync(join(tmpdir(), "quorate-probe-"));
const canMount = mount(probe);
if (canMount) unmount(probe);
rmSync(probe, { recursive: true });
const skipped = canMount ? "" : " skipped: kernel: needs a mountable tmpfs";

describe.skipIf(!canMount)(`a running replica whose disk fills${skipped}`, () => {
  let cluster: LocalCluster;
  let client: Client;
  const acknowledged: string[] = [];
  let nameCount = 0;

  beforeAll(async () => {
    cluster = await LocalCluster.create();
    const folder = cluster.nodeFolder(VICTIM);
    const plain = `${folder}.plain`;
    cpSync(folder, plain, { recursive: true });
    mount(folder);
    cpSync(plain, folder, { recursive: true });
    await cluster.startAll();
    client = await connect({
      genesis: cluster.genesis,
      signer: readKeyFile(join(cluster.folder, "writer", "key.json")),
    });
  });
  afterAll(async () => {
    await client?.close();
    await cluster.killAll();
    unmount(cluster.nodeFolder(VICTIM));
    await cluster.stop();
  });

  /** Leaves this many bytes for the replica. */
  const leave = (bytes: number): void => {
    const ballast = join(cluster.nodeFolder(VICTIM), "ballast");
    rmSync(ballast, { force: true });
    const { bavail, bsize } = statfsSync(cluster.nodeFolder(VICTIM));
    const size = bavail * bsize - bytes;
    if (size > 0) writeAsMuchAsFits(ballast, new Uint8Array(size));
  };
  const put = async (count: number): Promise<void> => {
    const names = Array.from({ length: count }, (_, at) => `value-${nameCount + at}`);
    nameCount += count;
    await Promise.all(names.map((name) => client.put("disk", name, randomBytes(2000))));
    acknowledged.push(...names);
  };
  const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
    while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const readiness = async (): Promise<string> =>
    await (await cluster.get(VICTIM, "/readyz")).text();
  const allAgree = async (): Promise<void> => {
    const lines = await equalRoots(cluster);
    expect(lines).toHaveLength(4);
    expect(new Set(lines.map((line) => `${line.sequence} ${line.stateRoot}`)).size).toBe(1);
    expect(lines.map((line) => line.amnesiac)).toEqual([false, false, false, false]);
  };

  it("says so, and goes on voting and executing in memory", async () => {
    await put(300);
    leave(100 * MIB);
    await until(async () => (await readiness()).includes("its disk is full"));
    const { replicas } = await askStatus(cluster);
    expect(replicas.find(({ id }) => id === VICTIM)).toMatchObject({ alive: true, ready: false });
    await put(300);
    await allAgree();
  });

  it("killed in that state it comes back with all that it had promised", async () => {
    await cluster.kill(VICTIM);
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM, "/healthz");
    await put(100);
    await allAgree();
  });

  it("with no byte left for its promises it stops, and the others go on", async () => {
    const ended = cluster.ended(VICTIM);
    leave(0);
    await put(300);
    while (!(await Promise.race([ended.then(() => true), put(20).then(() => false)])));
    expect(await ended).toBe(70);
    // Whichever it had to write first: a promise, or the bound of its clock.
    expect(cluster.log(VICTIM)).toMatch(/PROMISES_FAILED|DISK_FULL/);
    await put(50);
  });

  it("started without room it says what to do", async () => {
    cluster.launch(VICTIM);
    expect(await cluster.ended(VICTIM)).toBe(70);
    expect(cluster.log(VICTIM)).toContain("DISK_FULL");
  });

  it("when there is room again it serves, and nothing that was acknowledged is lost", async () => {
    rmSync(join(cluster.nodeFolder(VICTIM), "ballast"));
    cluster.launch(VICTIM);
    await cluster.ready(VICTIM);
    await put(50);
    await allAgree();
    // Its vote is needed now.
    await cluster.kill(0);
    await put(50);
    const names = acknowledged.values();
    const reading = Array.from({ length: READER_COUNT }, async () => {
      for (const name of names) expect((await client.get("disk", name)).status, name).toBe("hit");
    });
    await Promise.all(reading);
    cluster.launch(0);
    await cluster.ready(0);
    await allAgree();
  });
});
