import { Worker } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import type { Stretch } from "./run-stretch.ts";
import type { StretchDone } from "./twins-worker.ts";

/** A young generation that holds some scenarios' garbage: fewer, cheaper collections. */
const YOUNG_MEGABYTES = 64;

/**
 * Threads that run stretches, each one at a time. The worker lies beside this file, wherever that
 * is: a build with a planted bug has its own.
 */
export class TwinsPool {
  readonly #workers: readonly Worker[];
  readonly #idle: Worker[];

  constructor(jobs: number, base: string = import.meta.url) {
    const file = new URL(`./twins-worker${base.endsWith(".ts") ? ".ts" : ".js"}`, base);
    this.#workers = Array.from(
      { length: jobs },
      () => new Worker(file, { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES } }),
    );
    this.#idle = [...this.#workers];
  }

  get jobs(): number {
    return this.#workers.length;
  }

  /** At most `jobs` of these at a time. */
  run(stretch: Stretch): Promise<StretchDone> {
    const worker = this.#idle.pop();
    invariant(worker !== undefined, "no more stretches at a time than threads");
    return new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("message", (done: StretchDone) => {
        worker.off("error", reject);
        this.#idle.push(worker);
        resolve(done);
      });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      worker.postMessage(stretch);
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
