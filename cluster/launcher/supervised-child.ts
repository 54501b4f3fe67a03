import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { ENGINE_OPTIONS } from "./engine-options.ts";
import { LogLines } from "./log-lines.ts";
import { identityOf } from "./process-identity.ts";
import type { ChildState } from "./launcher-state.ts";
import { RestartDelay } from "./restart-delay.ts";
import type { RotatingLog } from "./rotating-log.ts";

export interface ChildSpec {
  /** `node-0` … or `gateway`; also its log's name. */
  readonly name: string;
  /** Of `quorate`: the command and its options. */
  readonly args: readonly string[];
  /** Answers 200 once this child serves. */
  readonly readyUrl: string;
}

export interface ChildEnd {
  readonly name: string;
  /** An exit code, or the signal that ended it. */
  readonly cause: number | NodeJS.Signals;
  /** What it said last on stderr, for people. */
  readonly lastWords: string;
  /** Until it is started again; undefined when it is not. */
  readonly restartInMs: number | undefined;
}

export interface SupervisedChildDependencies {
  /** The script that every child runs: bin/quorate.js. */
  readonly script: string;
  readonly log: RotatingLog;
  readonly now: () => number;
  /** Also after a restart: the process has another number. */
  readonly onStart: () => void;
  readonly onEnd: (end: ChildEnd) => void;
}

const LAST_WORDS_BYTES_MAX = 2000;
/** What is left in the pipes of a dead process is read in microseconds. */
const DRAIN_MS_MAX = 300;

/**
 * One child that is started again whenever it ends, until `stop`. The IPC channel carries nothing:
 * it closes when the launcher dies in whatever way, and the child ends upon that.
 */
export class SupervisedChild {
  readonly spec: ChildSpec;
  readonly #dependencies: SupervisedChildDependencies;
  readonly #delay = new RestartDelay();
  #process: ChildProcess | undefined;
  #state: ChildState | undefined;
  #timer: NodeJS.Timeout | undefined;
  #restarts = 0;
  #stopped = false;
  #ended: Promise<void> = Promise.resolve();
  #lastWords = "";

  constructor(spec: ChildSpec, dependencies: SupervisedChildDependencies) {
    this.spec = spec;
    this.#dependencies = dependencies;
  }

  /** Undefined while it does not run. */
  get state(): ChildState | undefined {
    return this.#state;
  }

  get restarts(): number {
    return this.#restarts;
  }

  start(): void {
    const { script, now } = this.#dependencies;
    const startedAt = now();
    const child = spawn(process.execPath, [...ENGINE_OPTIONS, script, ...this.spec.args], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#process = child;
    this.#lastWords = "";
    this.#collect(child);
    this.#ended = new Promise((resolve) => {
      const settle = (cause: number | NodeJS.Signals): void => {
        if (this.#process !== child) return;
        this.#process = undefined;
        this.#state = undefined;
        this.#afterEnd(cause, now() - startedAt);
        resolve();
      };
      child.once("close", (code, signal) => settle(signal ?? code ?? 70));
      // A grandchild may hold the pipes open; the child is gone all the same.
      child.once("exit", (code, signal) =>
        setTimeout(() => settle(signal ?? code ?? 70), DRAIN_MS_MAX),
      );
      // Not even started (no memory, no process numbers): the same as one that died at once.
      child.once("error", (error) => {
        this.#lastWords = error.message;
        settle(70);
      });
    });
    const identity = child.pid === undefined ? undefined : identityOf(child.pid);
    if (identity) {
      this.#state = { name: this.spec.name, ...identity, restarts: this.#restarts };
    }
    this.#dependencies.onStart();
  }

  /** It is not started again; resolves once the process is gone. */
  async stop(signal: NodeJS.Signals): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#process?.kill(signal);
    await this.#ended;
    this.#dependencies.log.close();
  }

  #collect(child: ChildProcess): void {
    for (const stream of ["stdout", "stderr"] as const) {
      const { log, now } = this.#dependencies;
      const lines = new LogLines({ stream, now, write: (line) => log.append(line) });
      child[stream]?.setEncoding("utf8");
      child[stream]?.on("data", (text: string) => {
        lines.push(text);
        if (stream === "stderr") {
          this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_BYTES_MAX);
        }
      });
      child[stream]?.on("end", () => lines.end());
    }
  }

  #afterEnd(cause: number | NodeJS.Signals, ranMs: number): void {
    const restartInMs = this.#stopped ? undefined : this.#delay.afterRunOf(ranMs);
    if (restartInMs !== undefined) {
      this.#timer = setTimeout(() => {
        this.#restarts++;
        this.start();
      }, restartInMs);
    }
    const lastWords = this.#lastWords.trim();
    this.#dependencies.onEnd({ name: this.spec.name, cause, lastWords, restartInMs });
  }
}
