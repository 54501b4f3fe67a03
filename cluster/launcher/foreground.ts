import { LauncherLog } from "./launcher-log.ts";
import { runLauncher } from "./run-launcher.ts";
import type { LauncherEvents, LaunchPlan } from "./run-launcher.ts";
import { stopSignals } from "./stop-signals.ts";

export interface ForegroundEvents extends LauncherEvents {
  /** A signal came. */
  readonly onStopping: () => void;
}

/** Runs until a signal ends it; what happens is told to the caller and to the launcher's log. */
export async function runForeground(plan: LaunchPlan, events: ForegroundEvents): Promise<void> {
  const log = new LauncherLog(plan.folder);
  const signals = stopSignals();
  signals.stop.addEventListener("abort", () => events.onStopping());
  try {
    await runLauncher(
      plan,
      {
        onWaiting: events.onWaiting,
        onServing: (missing) => {
          log.info("serving", { missing: [...missing] });
          events.onServing(missing);
        },
        onEnd: (end) => {
          log.warn("a child ended", end);
          events.onEnd(end);
        },
      },
      signals,
    );
    log.info("stopped");
  } finally {
    log.close();
    signals.release();
  }
}
