const BAR_LENGTH = 30;

/** For a live line: how far something is that has an end. */
export function progressBar(what: string, done: number, total: number, unit: string): string {
  const share = total === 0 ? 0 : Math.min(1, done / total);
  const full = Math.round(share * BAR_LENGTH);
  const bar = "█".repeat(full) + "░".repeat(BAR_LENGTH - full);
  return `${what} ${bar} ${Math.floor(100 * share)} % (${done} of ${total} ${unit})`;
}
