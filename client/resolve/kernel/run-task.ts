import type { Exhausted } from "../../../proof/frame/check-result.ts";
import { runWorker } from "../../proof/run-worker.ts";
import { answerTask } from "./answer-task.ts";
import type { CheckAnswer, ProofAnswer, ResolveTask } from "./resolve-task.ts";

/** On a thread of its own, with bounded memory; ends with the signal. */
export async function runTask<Answer extends CheckAnswer | ProofAnswer>(
  task: ResolveTask,
  signal: AbortSignal,
): Promise<Answer | Exhausted> {
  signal.throwIfAborted();
  // No thread loads the sources as they are; tests run them here, and the executable as it is.
  if (import.meta.url.endsWith(".ts")) return answerTask(task) as Answer;
  const file = new URL("./resolve-worker.js", import.meta.url);
  return runWorker<Answer>(file, task, [], { signal });
}
