import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../../base/assert.ts";
import { answerTask } from "./answer-task.ts";
import type { ResolveTask } from "./resolve-task.ts";

invariant(parentPort !== null, "this file runs on a thread of its own");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort.postMessage({ answer: answerTask(workerData as ResolveTask) });
