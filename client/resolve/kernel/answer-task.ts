import { assertUnreachable } from "../../../base/assert.ts";
import { elaborateTask, modelTask } from "./elaborate-task.ts";
import { judgeClaim } from "./judge-claim.ts";
import type { CheckAnswer, ProofAnswer, ResolveTask } from "./resolve-task.ts";
import { solvePayload } from "./solve-payload.ts";

export function answerTask(task: ResolveTask): CheckAnswer | ProofAnswer {
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
