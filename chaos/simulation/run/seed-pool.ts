import { Worker } from "node:worker_threads";
import type { Outcome } from "../run-seed.ts";
import type { Task } from "./seed-worker.ts";

/** A young generation that holds a seed's garbage for a while: fewer, cheaper collections. */
const YOUNG_MEGABYTES = 64;

/**
 * Runs tasks on worker threads, each thread one at a time; outcomes come as they are done. The
 * worker lies beside this file, wherever that is: a mutated build has its own.
 */
export class SeedPool {
  readonly #workers: Worker[] = [];
  readonly #idle: Worker[] = [];
  readonly #waiting: { readonly task: Task; readonly done: (outcome: Outcome) => void }[] = [];
  readonly #running = new Map<Worker, (outcome: Outcome) => void>();

  constructor(jobs: number, base: string = import.meta.url) {
    const file = new URL(`./seed-worker${base.endsWith(".ts") ? ".ts" : ".js"}`, base);
    for (let job = 0; job < jobs; job++) {
      const worker = new Worker(file, {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
      });
      worker.on("message", (outcome: Outcome) => this.#done(worker, outcome));
      worker.on("error", (error) => {
        throw error;
      });
      this.#workers.push(worker);
      this.#idle.push(worker);
    }
  }

  run(task: Task): Promise<Outcome> {
    return new Promise((done) => {
      this.#waiting.push({ task, done });
      this.#next();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #next(): void {
    const worker = this.#idle.pop();
    if (worker === undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#idle.push(worker);
      return;
    }
    this.#running.set(worker, next.done);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(next.task);
  }

  #done(worker: Worker, outcome: Outcome): void {
    const done = this.#running.get(worker);
    this.#running.delete(worker);
    this.#idle.push(worker);
    done?.(outcome);
    this.#next();
  }
}
