import { QuorateError } from "../../base/quorate-error.ts";
import { endOrphans, waitUntilGone } from "./end-orphans.ts";
import { readLauncherState } from "./launcher-state.ts";
import { isAlive, signalProcess } from "./process-identity.ts";

/** The launcher gives its children three seconds, and then kills them. */
const STOP_MS_MAX = 8000;
const KILL_MS_MAX = 2000;

export interface StopResult {
  /** False: nothing ran. */
  readonly stopped: boolean;
  readonly pid: number | undefined;
  /** How many processes had to be killed. */
  readonly killedCount: number;
}

/**
 * Ends the launcher that the folder's state names, and with it its children; by process number and
 * start, never by name.
 * @throws QuorateError DOWN_FAILED
 */
export async function stopLauncher(folder: string): Promise<StopResult> {
  const state = readLauncherState(folder);
  if (state === undefined) return { stopped: false, pid: undefined, killedCount: 0 };
  const ran = isAlive(state) || state.children.some(isAlive);
  let killedCount = 0;
  signalProcess(state, "SIGTERM");
  if (!(await waitUntilGone([state], STOP_MS_MAX))) {
    if (signalProcess(state, "SIGKILL")) killedCount++;
    if (!(await waitUntilGone([state], KILL_MS_MAX))) throw cannotEnd(state.pid);
  }
  killedCount += await endOrphans(folder);
  return { stopped: ran, pid: state.pid, killedCount };
}

function cannotEnd(pid: number): QuorateError {
  return new QuorateError(
    "DOWN_FAILED",
    `process ${pid} does not end, not even by SIGKILL`,
    "it hangs in the kernel (a dead disk or mount): see its state with ps, repair that, try again",
  );
}
