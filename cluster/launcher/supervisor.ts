import { join } from "node:path";
import type { ChildState } from "./launcher-state.ts";
import { LOG_BYTES_MAX, LOG_KEPT_COUNT_MAX, RotatingLog } from "./rotating-log.ts";
import { SupervisedChild } from "./supervised-child.ts";
import type { ChildEnd, ChildSpec } from "./supervised-child.ts";

/** Leaves two of the five seconds that a stop may take for SIGKILL and the rest. */
const STOP_MS_MAX = 3000;

export interface SupervisorOptions {
  readonly children: readonly ChildSpec[];
  readonly script: string;
  readonly logFolder: string;
}

export interface SupervisorDependencies {
  readonly now: () => number;
  /** Some child has another process number, or none. */
  readonly onChange: () => void;
  readonly onEnd: (end: ChildEnd) => void;
}

/** All children of one launcher: started together, kept alive, ended together. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #dependencies: SupervisorDependencies;
  readonly #children: SupervisedChild[];
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions, dependencies: SupervisorDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#children = options.children.map((spec) => this.#childOf(spec));
  }

  get names(): readonly string[] {
    return this.#children.map(({ spec }) => spec.name);
  }

  /** One more, started at once. */
  add(spec: ChildSpec): void {
    if (this.#stopping !== undefined) return;
    const child = this.#childOf(spec);
    this.#children.push(child);
    child.start();
  }

  #childOf(spec: ChildSpec): SupervisedChild {
    const { script, logFolder } = this.#options;
    const { now, onChange, onEnd } = this.#dependencies;
    return new SupervisedChild(spec, {
      script,
      log: new RotatingLog({
        path: join(logFolder, `${spec.name}.log`),
        bytesMax: LOG_BYTES_MAX,
        keptCountMax: LOG_KEPT_COUNT_MAX,
      }),
      now,
      onStart: onChange,
      onEnd: (end) => {
        onChange();
        onEnd(end);
      },
    });
  }

  get states(): readonly ChildState[] {
    return this.#children.flatMap((child) => child.state ?? []);
  }

  start(): void {
    for (const child of this.#children) child.start();
  }

  /** SIGTERM to all, SIGKILL after three seconds to those that are left. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Does not wait for anybody any more. */
  async kill(): Promise<void> {
    await Promise.all(this.#children.map((child) => child.stop("SIGKILL")));
  }

  async #stop(): Promise<void> {
    const timer = setTimeout(() => void this.kill(), STOP_MS_MAX);
    await Promise.all(this.#children.map((child) => child.stop("SIGTERM")));
    clearTimeout(timer);
  }
}
