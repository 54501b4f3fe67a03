/**
 * Where the true time lies, in milliseconds. Mostly of an *offset*: what must be added to a
 * monotonic clock to have the time of day; then a machine's own clock, and its steps, matter to
 * nobody.
 */
export interface TimeInterval {
  readonly lowMs: number;
  readonly highMs: number;
}

export function widened({ lowMs, highMs }: TimeInterval, byMs: number): TimeInterval {
  return { lowMs: lowMs - byMs, highMs: highMs + byMs };
}

export function around(middleMs: number, errorMs: number): TimeInterval {
  return { lowMs: middleMs - errorMs, highMs: middleMs + errorMs };
}

export function middleOf({ lowMs, highMs }: TimeInterval): number {
  return lowMs + (highMs - lowMs) / 2;
}

/** Undefined when they share no point. */
export function intersection(left: TimeInterval, right: TimeInterval): TimeInterval | undefined {
  const lowMs = Math.max(left.lowMs, right.lowMs);
  const highMs = Math.min(left.highMs, right.highMs);
  return lowMs <= highMs ? { lowMs, highMs } : undefined;
}

/** How far a point is from the farther end: what is known of it as an estimate. */
export function errorOf({ lowMs, highMs }: TimeInterval, pointMs: number): number {
  return Math.max(pointMs - lowMs, highMs - pointMs);
}
