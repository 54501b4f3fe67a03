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
  readonly #children: readonly SupervisedChild[];
  #stopping: Promise<void> | undefined;

  constructor(options: SupervisorOptions, dependencies: SupervisorDependencies) {
    this.#children = options.children.map(
      (spec) =>
        new SupervisedChild(spec, {
          script: options.script,
          log: new RotatingLog({
            path: join(options.logFolder, `${spec.name}.log`),
            bytesMax: LOG_BYTES_MAX,
            keptCountMax: LOG_KEPT_COUNT_MAX,
          }),
          now: dependencies.now,
          onStart: dependencies.onChange,
          onEnd: (end) => {
            dependencies.onChange();
            dependencies.onEnd(end);
          },
        }),
    );
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
