import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { named } from "./fault.ts";
import type { Fault, Stage } from "./fault.ts";
import { isRoot, lacksTool } from "./host-tools.ts";

const ATTACH_MS_MAX = 10_000;

/** Every flush of the running process fails, as on a disk that has gone bad. */
export function brokenSyncFault(of: readonly number[]): Fault {
  return traced("io-errors", of, "error=EIO", "every fdatasync and fsync answers EIO");
}

export function slowSyncFault(of: readonly number[], delayMs: number): Fault {
  const what = `every fdatasync and fsync takes ${delayMs} ms`;
  return traced("slow-disk", of, `delay_enter=${delayMs * 1000}`, what);
}

/** strace attaches to the process and answers in the kernel's place. */
function traced(kind: string, of: readonly number[], inject: string, what: string): Fault {
  const tracers: ChildProcess[] = [];
  const detach = async (): Promise<void> => {
    for (const tracer of tracers.splice(0)) {
      if (tracer.exitCode !== null || tracer.signalCode !== null) continue;
      const ended = new Promise((resolve) => tracer.once("exit", resolve));
      tracer.kill("SIGTERM");
      await ended;
    }
  };
  return {
    kind,
    available: () => (isRoot() ? lacksTool("strace") : "kernel: tracing needs root"),
    async inject(stage) {
      await Promise.all(of.map((index) => attach(stage, index, inject, tracers)));
    },
    async heal({ cluster }) {
      await detach();
      for (const index of of) if (cluster.pid(index) === undefined) cluster.launch(index);
      for (const index of of) await cluster.ready(index);
    },
    describe: () => `${what} for ${named(of)} by strace`,
  };
}

async function attach(
  { cluster, ledger }: Stage,
  index: number,
  inject: string,
  tracers: ChildProcess[],
): Promise<void> {
  const pid = cluster.pid(index)!;
  const calls = "fdatasync,fsync,msync";
  const tracer = spawn(
    "strace",
    [
      "-f",
      "-q",
      "-o",
      "/dev/null",
      "-e",
      `trace=${calls}`,
      "-e",
      `inject=${calls}:${inject}`,
      "-p",
      String(pid),
    ],
    { stdio: "ignore" },
  );
  ledger.noteProcess(tracer.pid);
  tracers.push(tracer);
  const deadline = Date.now() + ATTACH_MS_MAX;
  while (!isTraced(pid)) {
    if (tracer.exitCode !== null || Date.now() > deadline) {
      tracer.kill("SIGKILL");
      throw new Error(`strace could not attach to replica ${index}`);
    }
    await sleep(20);
  }
}

function isTraced(pid: number): boolean {
  try {
    return /^TracerPid:\s+[1-9]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    // It ended at its first flush: that is what the fault is about.
    return true;
  }
}
