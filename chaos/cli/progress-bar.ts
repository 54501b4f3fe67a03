import type { Summary } from "../simulation/run/summary.ts";

const WIDTH = 24;

/** `[#####-----] 500/1000 seeds, 2 violations, 61 x real time, 90 s left` */
export function barOf(summary: Summary, seedCount: number, elapsedMs: number): string {
  const share = Math.min(1, summary.seedCount / seedCount);
  const filled = Math.round(share * WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(WIDTH - filled);
  const leftS = share === 0 ? 0 : Math.round((elapsedMs * (1 - share)) / share / 1000);
  const speed = summary.tookMs === 0 ? 0 : Math.round(summary.virtualMs / summary.tookMs);
  return (
    `[${bar}] ${summary.seedCount}/${seedCount} seeds, ` +
    `${summary.failures.length} violations, ${speed} x real time, ${leftS} s left`
  );
}
