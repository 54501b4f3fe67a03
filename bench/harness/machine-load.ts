import { readFileSync } from "node:fs";

/** Where the processor's time went, from /proc: ours, everybody's, and what the host took away. */
export interface CpuTimes {
  /** Seconds since boot, over all cores. */
  readonly busy: number;
  readonly steal: number;
}

/** USER_HZ, fixed at 100 on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

export function machineTimes(): CpuTimes {
  const fields = readFileSync("/proc/stat", "utf8").split("\n")[0]?.trim().split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = fields
    .slice(1)
    .map(Number);
  return {
    busy: (user + nice + system + irq + softIrq) / TICKS_PER_SECOND,
    steal: steal / TICKS_PER_SECOND,
  };
}

/** Seconds of processor that these processes have used, threads included. */
export function processSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The command's name may hold spaces and brackets; fields are counted behind the last bracket.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(at * sorted.length))] ?? Number.NaN;
}
