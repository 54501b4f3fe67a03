import { parentPort } from "node:worker_threads";
import { runStretch } from "./run-stretch.ts";
import type { Stretch } from "./run-stretch.ts";
import type { TwinsTally } from "./twins-tally.ts";

/** What a thread answers, and what it cost by the processor's clock. */
export interface StretchDone {
  readonly tally: TwinsTally;
  readonly cpuMs: number;
}

parentPort?.on("message", (stretch: Stretch) => {
  const before = process.cpuUsage();
  const tally = runStretch(stretch);
  const { user, system } = process.cpuUsage(before);
  const done: StretchDone = { tally, cpuMs: (user + system) / 1000 };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(done);
});
