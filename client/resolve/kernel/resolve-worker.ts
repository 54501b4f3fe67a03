import { parentPort, workerData } from "node:worker_threads";
import { assertUnreachable, invariant } from "../../../base/assert.ts";
import { elaborateTask, modelTask } from "./elaborate-task.ts";
import { judgeClaim } from "./judge-claim.ts";
import type { CheckAnswer, ProofAnswer, ResolveTask } from "./resolve-task.ts";
import { solvePayload } from "./solve-payload.ts";

function answer(task: ResolveTask): CheckAnswer | ProofAnswer {
  switch (task.ask) {
    case "check": {
      const result = judgeClaim(task);
      return result.status === "accept" ? { status: "accept", acceptance: result.value } : result;
    }
    case "solve":
      return solvePayload(task.payload, task.fuelMax);
    case "elaborate":
      return elaborateTask(task);
    case "model":
      return modelTask(task);
    default:
      return assertUnreachable(task);
  }
}

invariant(parentPort !== null, "this file runs on a thread of its own");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort.postMessage({ answer: answer(workerData as ResolveTask) });
