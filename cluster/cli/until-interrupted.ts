const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Aborts on the first signal, so that a long work ends in order; the second ends the process as ever.
 * `end` when the work is done.
 */
export function untilInterrupted(): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const end = (): void => {
    for (const signal of SIGNALS) process.off(signal, told);
  };
  const told = (): void => {
    end();
    controller.abort(new Error("interrupted"));
  };
  for (const signal of SIGNALS) process.on(signal, told);
  return { signal: controller.signal, end };
}
