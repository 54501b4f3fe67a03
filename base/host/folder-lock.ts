import {
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { invariant } from "../assert.ts";
import { QuorateError } from "../quorate-error.ts";
import { diskFull } from "./free-space.ts";

/**
 * One writer per folder, by files alone (Node has no flock).
 *
 * Locks are numbered files `lock.N`, each naming its holder; the highest number rules.
 *
 * 1. A lock appears whole: written under another name, then linked, which fails if it exists.
 * 2. The highest file is never removed, only marked free by its holder, so the number never falls.
 * 3. Whoever finds the highest free, or its holder dead, links the next number, and then looks
 *    again: if a higher one has appeared meanwhile, it steps back.
 *
 * By 2 and 3 two takers who saw the same dead holder cannot both win, whatever their timing. A
 * holder is dead when no process has its pid, start time and boot; a process in another pid
 * namespace looks dead, so a folder must not be shared between containers.
 */
export interface FolderLock {
  release(): void;
}

interface Holder {
  readonly pid: number;
  /** Of the process, in clock ticks since boot: a later process may get the same pid. */
  readonly startTicks: string;
  readonly boot: string;
}

const NAME = /^lock\.([1-9][0-9]{0,14})$/;

/** Each round lost means that another process won one; more than this is no contention. */
const ROUND_COUNT_MAX = 100;

/** @throws QuorateError FOLDER_IN_USE, DISK_FULL */
export function lockFolder(folder: string): FolderLock {
  mkdirSync(folder, { recursive: true });
  for (let round = 0; round < ROUND_COUNT_MAX; round++) {
    const highest = highestLock(folder);
    refuseIfHeld(folder, highest);
    const mine = highest + 1;
    if (!linkLock(folder, mine)) continue;
    if (highestLock(folder) === mine) {
      removeBelow(folder, mine);
      return { release: () => markFree(folder, mine) };
    }
    unlinkSync(lockPath(folder, mine));
  }
  throw inUse(folder, "others keep taking it");
}

/** Whether a living process has it; as true as of this moment only. */
export function isFolderLocked(folder: string): boolean {
  const highest = highestLock(folder);
  const holder = highest === 0 ? undefined : readHolder(lockPath(folder, highest));
  return holder !== undefined && isAlive(holder);
}

function lockPath(folder: string, number: number): string {
  return join(folder, `lock.${number}`);
}

function lockNumbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const match = NAME.exec(name);
    return match?.[1] === undefined ? [] : [Number(match[1])];
  });
}

function highestLock(folder: string): number {
  return lockNumbers(folder).reduce((left, right) => Math.max(left, right), 0);
}

function refuseIfHeld(folder: string, number: number): void {
  if (number === 0) return;
  const holder = readHolder(lockPath(folder, number));
  if (holder !== undefined && isAlive(holder)) throw inUse(folder, `process ${holder.pid} has it`);
}

function readHolder(path: string): Holder | undefined {
  try {
    const value = JSON.parse(readFileSync(path, "utf8")) as Partial<Holder>;
    if (typeof value.pid !== "number" || value.pid === 0) return undefined;
    return { pid: value.pid, startTicks: `${value.startTicks}`, boot: `${value.boot}` };
  } catch {
    // Free, overtaken, or damaged by a crash of the whole machine: nobody alive wrote it.
    return undefined;
  }
}

function linkLock(folder: string, number: number): boolean {
  const partial = join(folder, `lock-${process.pid}-${number}.partial`);
  try {
    writeFileSync(partial, JSON.stringify(describeProcess(process.pid)));
    linkSync(partial, lockPath(folder, number));
    return true;
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === "EEXIST") return false;
    if (code === "ENOSPC" || code === "EDQUOT") throw diskFull(folder, "not even a lock", error);
    throw error;
  } finally {
    unlinkIfThere(partial);
  }
}

function removeBelow(folder: string, mine: number): void {
  for (const number of lockNumbers(folder)) {
    if (number < mine) unlinkIfThere(lockPath(folder, number));
  }
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Its taker stepped back at the same moment, or it never came to be.
  }
}

function markFree(folder: string, mine: number): void {
  const path = lockPath(folder, mine);
  const partial = `${path}.partial`;
  invariant(highestLock(folder) === mine, "a held lock is the highest", { folder, mine });
  writeFileSync(partial, "{}");
  renameSync(partial, path);
}

function isAlive(holder: Holder): boolean {
  const now = describeProcess(holder.pid);
  return now?.startTicks === holder.startTicks && now.boot === holder.boot;
}

function describeProcess(pid: number): Holder | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22, counted from behind the command's closing bracket, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie writes nothing any more.
    if (fields[0] === "Z") return undefined;
    return { pid, startTicks: fields[19] ?? "", boot };
  } catch {
    return undefined;
  }
}

function inUse(folder: string, why: string): QuorateError {
  return new QuorateError(
    "FOLDER_IN_USE",
    `${folder} is in use: ${why}`,
    "stop that process first; two writers would destroy the folder",
  );
}
