import { setTimeout as sleep } from "node:timers/promises";
import { readLauncherState, removeLauncherState } from "./launcher-state.ts";
import { isAlive, signalProcess } from "./process-identity.ts";
import type { ProcessIdentity } from "./process-identity.ts";

/** A child whose launcher died ends by itself in less. */
const GRACE_MS_MAX = 5000;
const POLL_MS = 50;

/**
 * Ends what a killed launcher left, by the numbers and starts that it wrote down. Called under the
 * folder's lock, or after its launcher is gone. Answers how many had to be killed.
 */
export async function endOrphans(folder: string): Promise<number> {
  const state = readLauncherState(folder);
  if (state === undefined) return 0;
  await waitUntilGone(state.children, GRACE_MS_MAX);
  const left = state.children.filter((child) => signalProcess(child, "SIGKILL"));
  await waitUntilGone(left, GRACE_MS_MAX);
  removeLauncherState(folder);
  return left.length;
}

/** Answers whether all are gone. */
export async function waitUntilGone(
  processes: readonly ProcessIdentity[],
  waitMsMax: number,
): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += POLL_MS) {
    if (!processes.some(isAlive)) return true;
    await sleep(POLL_MS);
  }
  return !processes.some(isAlive);
}
