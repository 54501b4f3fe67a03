import { spawn } from "node:child_process";
import { QuorateError } from "../../base/quorate-error.ts";
import { errorOf, reportOf } from "./error-report.ts";
import type { ErrorReport } from "./error-report.ts";
import { LauncherLog } from "./launcher-log.ts";
import { runLauncher } from "./run-launcher.ts";
import type { LaunchPlan } from "./run-launcher.ts";
import { scriptPath } from "./script-path.ts";
import { stopSignals } from "./stop-signals.ts";

/** Names and reasons of those that are not ready. */
export type Missing = readonly (readonly [name: string, why: string])[];

/** What a detached launcher tells the command that started it, over the IPC channel. */
type Report =
  | { readonly kind: "waiting" | "serving"; readonly missing: Missing }
  | { readonly kind: "failed"; readonly error: ErrorReport };

/** Hidden option of the commands that can be detached. */
export const REPORTING_OPTION = "--reporting";

/**
 * Starts `quorate args… --reporting` in a session of its own and waits until it serves. Interrupted
 * before that, it ends what it started.
 * @throws QuorateError whatever the launcher failed with, or CLUSTER_NOT_READY when it died mute
 */
export async function startDetached(
  args: readonly string[],
  onWaiting: (missing: Missing) => void,
): Promise<{ readonly pid: number; readonly missing: Missing }> {
  const child = spawn(process.execPath, [scriptPath(), ...args, REPORTING_OPTION], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const signals = stopSignals();
  signals.stop.addEventListener("abort", () => child.kill("SIGTERM"));
  try {
    const missing = await new Promise<Missing>((resolve, reject) => {
      child.on("message", (message) => {
        const report = message as Report;
        if (report.kind === "failed") reject(errorOf(report.error));
        else if (report.kind === "serving") resolve(report.missing);
        else onWaiting(report.missing);
      });
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(diedMute(signal ?? code ?? 0)));
    });
    return { pid: child.pid ?? 0, missing };
  } finally {
    signals.release();
    if (child.connected) child.disconnect();
    child.removeAllListeners();
    child.unref();
  }
}

/**
 * The other end: runs the launcher and reports. Answers the exit code. Whoever started it may only
 * leave once it serves; before that its death ends the launcher too.
 */
export async function runReporting(plan: LaunchPlan): Promise<void> {
  const log = new LauncherLog(plan.folder);
  const signals = stopSignals();
  const starterGone = new AbortController();
  let serving = false;
  process.once("disconnect", () => {
    if (!serving) starterGone.abort();
  });
  try {
    await runLauncher(
      plan,
      {
        onWaiting: (missing) => send({ kind: "waiting", missing: [...missing] }),
        onServing: (missing) => {
          serving = true;
          log.info("serving", { missing: [...missing] });
          send({ kind: "serving", missing: [...missing] });
        },
        onEnd: (end) => log.warn("a child ended", end),
      },
      { stop: AbortSignal.any([signals.stop, starterGone.signal]), kill: signals.kill },
    );
    log.info("stopped");
  } catch (error) {
    const report = reportOf(error);
    log.warn("failed", report);
    await sendAndWait({ kind: "failed", error: report });
  } finally {
    log.close();
    signals.release();
  }
}

function send(report: Report): void {
  if (process.connected) process.send?.(report, undefined, undefined, () => undefined);
}

function sendAndWait(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected && process.send) {
      process.send(report, undefined, undefined, () => resolve());
    } else resolve();
  });
}

function diedMute(cause: number | string): QuorateError {
  return new QuorateError(
    "CLUSTER_NOT_READY",
    `the launcher ended (${cause}) before anything served`,
    "start it without --detach to see why",
  );
}
