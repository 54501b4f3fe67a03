import { parentPort, workerData } from "node:worker_threads";
import { invariant } from "../../base/assert.ts";
import { nodeCrypto } from "../../base/host/node-crypto.ts";
import { checkClaim } from "../../proof/admission/claim-check.ts";
import type { CheckResult } from "../../proof/frame/check-result.ts";
import type { WorkerMessage } from "../proof/run-worker.ts";
import type { KernelTask } from "./kernel.ts";

const { claim, proof } = workerData as KernelTask;
const message: WorkerMessage<CheckResult> = {
  answer: checkClaim(nodeCrypto.hash, claim, proof),
};
invariant(parentPort !== null, "this file runs on a thread of its own");
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
parentPort.postMessage(message);
