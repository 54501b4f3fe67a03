import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, signalProcess } from "../../cluster/launcher/process-identity.ts";
import { readLedger } from "./ledger.ts";
import type { LedgerEntry } from "./ledger.ts";

/** What was found and removed. */
export interface CleanedUp {
  readonly folder: string;
  readonly removed: readonly string[];
  /** What is still there, and why. */
  readonly left: readonly string[];
}

const GONE_MS_MAX = 10_000;
const PATIENCE_MS = 20;

/**
 * Removes all that a run has written down, in the order in which one thing holds another: processes,
 * namespaces, mounts, cgroups, files.
 */
export async function cleanUp(folder: string): Promise<CleanedUp> {
  const entries = readLedger(folder);
  const removed: string[] = [];
  const left: string[] = [];
  const attempt = async (what: string, work: () => boolean | Promise<boolean>): Promise<void> => {
    try {
      if (await work()) removed.push(what);
    } catch (error) {
      left.push(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  for (const { identity } of of(entries, "process")) {
    await attempt(`process ${identity.pid}`, () => signalProcess(identity, "SIGKILL"));
  }
  const deadline = Date.now() + GONE_MS_MAX;
  while (of(entries, "process").some(({ identity }) => isAlive(identity))) {
    if (Date.now() > deadline) break;
    await sleep(PATIENCE_MS);
  }
  for (const { name } of of(entries, "namespace")) {
    await attempt(`namespace ${name}`, () => removeNamespace(name));
  }
  for (const path of mountsBelow(folder)) {
    await attempt(`mount ${path}`, () => run("umount", ["-l", path]));
  }
  for (const { path } of of(entries, "cgroup")) {
    await attempt(`cgroup ${path}`, () => removeCgroup(path));
  }
  if (mountsBelow(folder).length === 0) rmSync(folder, { recursive: true, force: true });
  return { folder, removed, left };
}

function of<Type extends LedgerEntry["type"]>(
  entries: readonly LedgerEntry[],
  type: Type,
): readonly Extract<LedgerEntry, { type: Type }>[] {
  return entries.filter((entry) => entry.type === type) as Extract<LedgerEntry, { type: Type }>[];
}

function removeNamespace(name: string): boolean {
  if (!existsSync(`/run/netns/${name}`)) return false;
  return run("ip", ["netns", "del", name]);
}

/** Innermost first. Only Linux has the table; elsewhere nothing was mounted. */
export function mountsBelow(folder: string): readonly string[] {
  let table: string;
  try {
    table = readFileSync("/proc/self/mountinfo", "utf8");
  } catch {
    return [];
  }
  return table
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/** A group whose processes have just ended is busy for a moment. */
async function removeCgroup(path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  for (let attempt = 0; ; attempt++) {
    try {
      rmdirSync(path);
      return true;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(PATIENCE_MS);
    }
  }
}

function run(command: string, args: readonly string[]): boolean {
  execFileSync(command, args, { stdio: "ignore" });
  return true;
}
