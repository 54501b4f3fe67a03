import { fork, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ATTACKS } from "./load/attacks.ts";
import type { Target } from "./load/attacks.ts";
import { honestLoad } from "./load/honest-load.ts";
import { freePortRun } from "./harness/free-ports.ts";
import { QUORATE } from "./harness/local-cluster.ts";
import { median, quantile } from "./harness/machine-load.ts";
import { verdict } from "./harness/verdict.ts";

/**
 * An honest tool at a gateway while others attack it: its slowest hundredth against the same without
 * an attack, in the same run, and the gateway's memory. Gateway, attacker and tool are processes of
 * their own on one machine, so the attacker's own work counts against the gateway.
 */
const MEASURED_MS = Number(process.env["BENCH_MS"] ?? 6_000);
/** A part of an attack's line: no other is made. */
const ONLY = process.env["BENCH_ONLY"] ?? "";
const SETTLING_MS = 2_000;
const RATIO_MAX = 2;
const MIB = 1024 * 1024;
const MEMORY_BYTES_MAX = 64 * MIB;
const SAMPLE_MS = 50;

if (process.argv[2] === "attack") attack(process.argv[3] as string);
else await main();

/** In a process of its own, until it is told to end. */
function attack(name: string): void {
  const target = JSON.parse(process.argv[4] as string) as Target;
  const hostile = ATTACKS[name]?.(target);
  // What it throws took its time to make.
  process.send?.("begun");
  process.on("message", () => {
    process.send?.({ open: hostile?.openCount, sent: hostile?.sentCount });
    hostile?.stop();
    process.disconnect();
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-bench-doors-"));
  const port = await freePortRun(2);
  const target = { port, grpcPort: port + 1 };
  const ports = ["--port", `${port}`, "--grpc-port", `${port + 1}`];
  const gateway = spawn(
    process.execPath,
    [QUORATE, "gateway", "--local", "--cache", folder, ...ports],
    { stdio: ["ignore", "ignore", "inherit"] },
  );
  try {
    await isReady(port);
    // What is compiled and allocated once is no attack's doing.
    await honestLoad(port, MEASURED_MS);
    for (const name of Object.keys(ATTACKS)) {
      if (name.includes(ONLY)) await measure(name, target, gateway);
    }
  } finally {
    gateway.kill("SIGTERM");
    await new Promise((resolve) => gateway.once("exit", resolve));
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(name: string, target: Target, gateway: ChildProcess): Promise<void> {
  const before = await honestLoad(target.port, MEASURED_MS);
  const memory = residentBytes(gateway);
  const program = fileURLToPath(import.meta.url);
  const attacker = fork(program, ["attack", name, JSON.stringify(target)]);
  await new Promise((resolve) => attacker.once("message", resolve));
  await pause(SETTLING_MS);
  const sampled: number[] = [];
  const sampling = setInterval(() => sampled.push(residentBytes(gateway)), SAMPLE_MS);
  const during = await honestLoad(target.port, MEASURED_MS);
  clearInterval(sampling);
  const told = new Promise((resolve) => attacker.once("message", resolve));
  const gone = new Promise((resolve) => attacker.once("exit", resolve));
  attacker.send("end");
  console.log(`${name}: ${JSON.stringify(await told)}`);
  await gone;
  await pause(SETTLING_MS);
  const after = await honestLoad(target.port, MEASURED_MS);
  const baseline = (quantile(before.latencies, 0.99) + quantile(after.latencies, 0.99)) / 2;
  const p99 = quantile(during.latencies, 0.99);
  console.log(
    `  honest p50 ${median(before.latencies).toFixed(2)} → ${median(during.latencies).toFixed(2)} ms, ` +
      `p99 ${baseline.toFixed(2)} → ${p99.toFixed(2)} ms, slowest ${quantile(during.latencies, 1).toFixed(0)} ms, ` +
      `${during.latencies.length} answered, ${during.failures} not; ` +
      `memory ${(memory / MIB).toFixed(0)} → ${(Math.max(...sampled) / MIB).toFixed(0)} MiB`,
  );
  verdict("  honest requests not answered", during.failures, "at most", 0);
  verdict("  honest p99, ratio to its baseline", p99 / baseline, "at most", RATIO_MAX);
  const above = (Math.max(...sampled) - memory) / MIB;
  verdict("  memory above it, MiB", above, "at most", MEMORY_BYTES_MAX / MIB);
}

async function isReady(port: number): Promise<void> {
  for (let round = 0; round < 600; round++) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    await pause(50);
  }
  throw new Error("the gateway does not serve");
}

function residentBytes({ pid }: ChildProcess): number {
  const text = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1]) * 1024;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
