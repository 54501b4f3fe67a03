import { EXIT_INTERNAL } from "./exit-codes.ts";
import { setTimeout as sleep } from "node:timers/promises";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Everything must be over within five seconds of the signal: an orderly end has four … */
const CLOSE_MS_MAX = 4000;
/** … and whatever still hangs then (a pipe that nobody reads) is left to its fate. */
const END_MS_MAX = 4500;

/**
 * Resolves on the first signal, or when the launcher that started this process is gone: its IPC
 * channel closes however it died. A second signal ends the process at once.
 */
export function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    const told = (): void => {
      for (const signal of SIGNALS) process.off(signal, told);
      setTimeout(() => process.exit(EXIT_INTERNAL), END_MS_MAX).unref();
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, told);
    if (process.send === undefined) return;
    if (process.connected) process.once("disconnect", told);
    else told();
  });
}

/** What cannot be closed in time is safe all the same: everything promised is on disk. */
export async function closeInTime(service: { close(): Promise<void> }): Promise<void> {
  const patience = new AbortController();
  await Promise.race([
    service.close(),
    sleep(CLOSE_MS_MAX, undefined, { signal: patience.signal }).catch(() => undefined),
  ]);
  patience.abort();
}
