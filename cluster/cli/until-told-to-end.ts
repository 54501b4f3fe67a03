const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Resolves on the first signal, or when the launcher that started this process is gone: its IPC
 * channel closes however it died.
 */
export function untilToldToEnd(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of SIGNALS) process.once(signal, () => resolve());
    if (process.send === undefined) return;
    if (!process.connected) resolve();
    process.once("disconnect", () => resolve());
  });
}
