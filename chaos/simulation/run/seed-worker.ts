import { writeFileSync } from "node:fs";
import { parentPort } from "node:worker_threads";
import { recordPlan, runPlan } from "../run-seed.ts";
import type { Outcome } from "../run-seed.ts";
import type { Plan } from "../faults/plan.ts";
import { drawProfile } from "../faults/draw-profile.ts";
import type { Profile } from "../faults/draw-profile.ts";

/** A seed to run, or a plan: a tape is one. `record` is a file for what happened. */
export type Task = (
  | { readonly seed: number; readonly profile?: Profile }
  | { readonly plan: Plan }
) & {
  readonly record?: string;
};

export async function runTask(task: Task): Promise<Outcome> {
  const plan = "plan" in task ? task.plan : drawProfile(task.profile ?? "usual", task.seed);
  try {
    if (task.record === undefined) return await runPlan(plan);
    const { outcome, recording } = await recordPlan(plan);
    writeFileSync(task.record, recording);
    return outcome;
  } catch (error) {
    // Neither a replica's fault nor a checker's finding: the simulator itself is wrong.
    const what = error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error);
    return {
      seed: plan.seed,
      violation: { checker: "the simulator", what },
      hash: "",
      virtualMs: 0,
      eventCount: 0,
      committedCount: 0,
      faults: {},
      marks: {},
      realCrypto: plan.realCrypto,
      tookMs: 0,
    };
  }
}

parentPort?.on("message", (task: Task) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  void runTask(task).then((outcome) => parentPort?.postMessage(outcome));
});
