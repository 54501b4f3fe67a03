import { Worker } from "node:worker_threads";
import type { Exhausted } from "../../proof/frame/check-result.ts";

/**
 * For what a checker keeps outside its counted arrays. The counted ones are bounded by the budget,
 * and lie beyond the engine's own limits.
 */
const HEAP_MEGABYTES = 256;
const YOUNG_MEGABYTES = 32;
const STACK_MEGABYTES = 4;

/** What a worker says: how far it is, and at the end its answer. */
export type WorkerMessage<Answer> = { readonly progress: number } | { readonly answer: Answer };

export interface WorkerOptions {
  readonly onProgress?: (progress: number) => void;
  /** Ends the worker; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * Runs one task on a thread of its own, whose memory is bounded. What passes the engine's bound is
 * `resource`, like what passes the checker's own. The worker's file lies beside the caller's.
 */
export function runWorker<Answer>(
  file: URL,
  task: object,
  transfer: readonly ArrayBuffer[],
  options: WorkerOptions = {},
): Promise<Answer | Exhausted> {
  const { promise, resolve, reject } = withResolvers<Answer | Exhausted>();
  const worker = new Worker(file, {
    workerData: task,
    transferList: [...transfer],
    resourceLimits: {
      maxOldGenerationSizeMb: HEAP_MEGABYTES,
      maxYoungGenerationSizeMb: YOUNG_MEGABYTES,
      stackSizeMb: STACK_MEGABYTES,
    },
  });
  const abort = (): void => {
    reject(options.signal?.reason as Error);
    void worker.terminate();
  };
  options.signal?.addEventListener("abort", abort, { once: true });
  worker.on("message", (message: WorkerMessage<Answer>) => {
    if ("progress" in message) options.onProgress?.(message.progress);
    else resolve(message.answer);
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") resolve(OUT_OF_MEMORY);
    else reject(error);
  });
  worker.on("exit", () => {
    options.signal?.removeEventListener("abort", abort);
    reject(new Error("the worker ended without an answer"));
  });
  return promise;
}

const OUT_OF_MEMORY: Exhausted = {
  status: "resource",
  reason: "memory",
  offset: 0,
  detail: "the thread's heap",
};

function withResolvers<Value>(): {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
