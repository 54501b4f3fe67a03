import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePortRun } from "../../bench/harness/free-ports.ts";
import { QUORATE } from "../../bench/harness/local-cluster.ts";
import { ATTACKS } from "../../bench/load/attacks.ts";
import { honestRequests } from "../../bench/load/honest-load.ts";
import { eventually } from "../../client/gateway/testing/door-world.ts";

const MIB = 1024 * 1024;
const ABOVE_BYTES_MAX = 64 * MIB;
const ROUNDS = 40;
/** Of each attack, before anything is asked. */
const SENT_COUNT = 8;

/** A gateway in a process of its own, so that its memory can be told from the attackers'. */
describe("a gateway under attack answers the honest, within 64 MiB of what it had", () => {
  let folder: string;
  let gateway: ChildProcess;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-hostile-"));
    port = await freePortRun(2);
    const ports = ["--port", `${port}`, "--grpc-port", `${port + 1}`];
    gateway = spawn(
      process.execPath,
      [QUORATE, "gateway", "--local", "--cache", folder, ...ports],
      { stdio: "ignore" },
    );
    await eventually(async () => (await honestRequests(port, 1)).failures === 0);
    // What is compiled and allocated once is no attack's doing.
    for (let round = 0; round < 5; round++) await honestRequests(port, ROUNDS);
  });
  afterAll(async () => {
    const ended = new Promise((resolve) => gateway.once("exit", resolve));
    gateway.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(Object.entries(ATTACKS))("%s", async (_what, attack) => {
    const before = residentBytes(gateway);
    const hostile = attack({ port, grpcPort: port + 1 });
    let most = before;
    const sampling = setInterval(() => (most = Math.max(most, residentBytes(gateway))), 20);
    try {
      await eventually(() => hostile.sentCount >= SENT_COUNT);
      expect(await honestRequests(port, ROUNDS)).toMatchObject({ failures: 0 });
    } finally {
      clearInterval(sampling);
      hostile.stop();
    }
    expect(most - before).toBeLessThanOrEqual(ABOVE_BYTES_MAX);
  });
});

function residentBytes({ pid }: ChildProcess): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}
