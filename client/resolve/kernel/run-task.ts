import type { Exhausted } from "../../../proof/frame/check-result.ts";
import { runWorker } from "../../proof/run-worker.ts";
import type { ResolveTask } from "./resolve-task.ts";

/** On a thread of its own, with bounded memory; ends with the signal. */
export function runTask<Answer>(
  task: ResolveTask,
  signal: AbortSignal,
): Promise<Answer | Exhausted> {
  return runWorker<Answer>(WORKER, task, [], { signal });
}

/** From the sources, as tests run them, a thread takes what was built of them. */
const WORKER: URL = import.meta.url.endsWith(".ts")
  ? new URL("../../../dist/client/resolve/kernel/resolve-worker.js", import.meta.url)
  : new URL("./resolve-worker.js", import.meta.url);
