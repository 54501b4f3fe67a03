/**
 * Runs work until it is done or somebody presses Ctrl-C; then work is told by its signal, and who
 * waits goes on at once with what is known so far.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const enough = new AbortController();
  const { signal } = enough;
  const end = (): void => enough.abort();
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  const told = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve());
  });
  try {
    await Promise.race([work(signal), told]);
  } finally {
    process.off("SIGINT", end);
    process.off("SIGTERM", end);
  }
}
