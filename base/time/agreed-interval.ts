import type { TimeInterval } from "./time-interval.ts";

/** As many must agree: then liars who are fewer than half cannot be what they agree upon. */
export function majorityOf(count: number): number {
  return Math.floor(count / 2) + 1;
}

/**
 * Marzullo's fusion (Marzullo 1984; RFC 5905 §11.2.1 has a relative), for servers of which fewer
 * than half lie and any may be silent. A point must lie in a majority's intervals, or nothing is
 * agreed upon. The answer then holds every point that lies in all answers but those that may be
 * lies: the true time lies in each correct interval, so it is one of these. The single best covered
 * stretch need not hold it: a liar that agrees with the end of a wide correct interval makes one of
 * its own.
 *
 * @param asked How many were asked, the silent among them.
 */
export function agreedInterval(
  intervals: readonly TimeInterval[],
  asked: number,
): TimeInterval | undefined {
  const needed = majorityOf(asked);
  const liarsMax = asked - needed;
  if (extentOf(intervals, needed) === undefined) return undefined;
  return extentOf(intervals, Math.max(1, intervals.length - liarsMax));
}

/** From the first to the last point that lies in so many. */
function extentOf(intervals: readonly TimeInterval[], countMin: number): TimeInterval | undefined {
  const edges = intervals.flatMap(({ lowMs, highMs }) => [
    { atMs: lowMs, step: 1 },
    { atMs: highMs, step: -1 },
  ]);
  // Beginnings first: intervals that touch share a point.
  edges.sort((left, right) => left.atMs - right.atMs || right.step - left.step);
  let depth = 0;
  let lowMs: number | undefined;
  let highMs: number | undefined;
  for (const { atMs, step } of edges) {
    if (step > 0 && ++depth >= countMin) lowMs ??= atMs;
    if (step < 0 && depth-- >= countMin) highMs = atMs;
  }
  return lowMs === undefined || highMs === undefined ? undefined : { lowMs, highMs };
}
