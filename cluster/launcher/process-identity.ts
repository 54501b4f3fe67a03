import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * A process by its number and its start: the number alone may have been given to a stranger by the
 * time that somebody wants to end it.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal for the same process only, also across a restart of the machine. */
  readonly startTime: string;
}

/** Undefined when no such process runs; a zombie does not run. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const startTime = process.platform === "linux" ? startOnLinux(pid) : startByPs(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(identity.pid)?.startTime === identity.startTime;
}

/** Sends the signal unless the process is gone or is not ours. Answers whether it was sent. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/** proc(5): field 3 is the state, field 22 the start in ticks since boot. */
function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in field 2 may hold blanks and brackets; the last bracket ends it.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return undefined;
    return `${bootId()}/${fields[19]}`;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return "boot";
  }
}

function startByPs(pid: number): string | undefined {
  try {
    const text = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [state, ...start] = text.split(/\s+/);
    if (!state || state.startsWith("Z")) return undefined;
    return start.join(" ");
  } catch {
    return undefined;
  }
}
