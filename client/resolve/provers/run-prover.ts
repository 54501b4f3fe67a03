import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { PROVER_SPEECH_BYTES_MAX } from "../limits.ts";
import { INSIDE_PROVER } from "./find-provers.ts";
import type { ProverLimits } from "./prover.ts";

export type ProverEnd =
  | { readonly status: "ended"; readonly exitCode: number; readonly output: Uint8Array }
  /** Past its time, its memory or its bound of output; or killed by somebody. */
  | { readonly status: "stopped"; readonly reason: string }
  | { readonly status: "not-started"; readonly reason: string };

/** Bounds that the kernel keeps, in the units of POSIX sh, before the prover takes the process. */
const LIMITED = 'ulimit -v "$1"; ulimit -f "$2"; ulimit -t "$3"; ulimit -c 0; shift 3; exec "$@"';
const BLOCK_BYTES = 512;
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;

/** Groups that live: whoever ends this process takes them along. */
const groups = new Set<number>();
let isWatching = false;

/**
 * Runs one prover in a process group of its own, and ends the whole group with its time, with the
 * signal, with this process, and when the prover itself is done.
 */
export function runProver(
  command: readonly string[],
  limits: ProverLimits,
  folder: string,
  signal: AbortSignal,
): Promise<ProverEnd> {
  const words = [
    ...["-c", LIMITED, "sh"],
    String(Math.ceil(limits.memoryBytesMax / 1024)),
    String(Math.ceil(limits.outputBytesMax / BLOCK_BYTES)),
    // Where this process is killed and can end nothing any more.
    String(1 + Math.ceil(limits.timeMsMax / 1000)),
    ...command,
  ];
  const child = spawn("/bin/sh", words, {
    cwd: folder,
    detached: true,
    env: { ...process.env, [INSIDE_PROVER]: "1" },
    stdio: ["ignore", "pipe", "ignore"],
  });
  return new Promise((resolve) => new ProverRun(child, limits, signal, resolve).watch());
}

class ProverRun {
  readonly #child: ChildProcess;
  readonly #limits: ProverLimits;
  readonly #signal: AbortSignal;
  readonly #resolve: (end: ProverEnd) => void;
  readonly #chunks: Uint8Array[] = [];
  #size = 0;
  #stopped: string | undefined;

  constructor(
    child: ChildProcess,
    limits: ProverLimits,
    signal: AbortSignal,
    resolve: (end: ProverEnd) => void,
  ) {
    this.#child = child;
    this.#limits = limits;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  watch(): void {
    const child = this.#child;
    const group = child.pid;
    if (group !== undefined) keepGroup(group);
    const timer = setTimeout(() => this.#stop("its time is over"), this.#limits.timeMsMax);
    const onAbort = (): void => this.#stop("nobody waits for it any more");
    this.#signal.addEventListener("abort", onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    child.stdout?.on("data", (chunk: Uint8Array) => this.#take(chunk));
    child.once("error", ({ message }) => {
      this.#resolve({ status: "not-started", reason: message });
    });
    child.once("close", (exitCode, signalName) => {
      clearTimeout(timer);
      this.#signal.removeEventListener("abort", onAbort);
      if (group !== undefined) endGroup(group);
      this.#resolve(this.#endOf(exitCode, signalName));
    });
  }

  #take(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#size > PROVER_SPEECH_BYTES_MAX) this.#stop("it says too much");
    else this.#chunks.push(chunk);
  }

  #stop(reason: string): void {
    this.#stopped ??= reason;
    if (this.#child.pid !== undefined) endGroup(this.#child.pid);
  }

  #endOf(exitCode: number | null, signalName: string | null): ProverEnd {
    if (this.#stopped !== undefined) return { status: "stopped", reason: this.#stopped };
    if (exitCode === NOT_FOUND || exitCode === NOT_EXECUTABLE) {
      return { status: "not-started", reason: "there is no such command" };
    }
    if (exitCode === null) return { status: "stopped", reason: `ended by ${signalName}` };
    return { status: "ended", exitCode, output: new Uint8Array(Buffer.concat(this.#chunks)) };
  }
}

function keepGroup(group: number): void {
  groups.add(group);
  if (isWatching) return;
  isWatching = true;
  process.once("exit", () => {
    for (const one of groups) endGroup(one);
  });
}

function endGroup(group: number): void {
  groups.delete(group);
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Everybody in it has ended.
  }
}
