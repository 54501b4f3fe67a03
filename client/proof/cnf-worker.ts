import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import { checkTask } from "./cnf-check-task.ts";
import { keyTask } from "./cnf-key-task.ts";
import type { CnfReport, CnfTask } from "./cnf-report.ts";
import { solveTask } from "./cnf-solve-task.ts";
import type { WorkerMessage } from "./run-worker.ts";

function report(task: CnfTask): CnfReport {
  if (task.ask === "check") return checkTask(task, (progress) => post({ progress }));
  return task.ask === "key" ? keyTask(task) : solveTask(task);
}

function post(message: WorkerMessage<CnfReport>): void {
  invariant(parentPort !== null, "this file runs on a thread of its own");
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort.postMessage(message);
}

post({ answer: report(workerData as CnfTask) });
