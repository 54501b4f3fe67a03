import { UPLOAD_BYTES_PER_SECOND_MIN, UPLOAD_CHECK_MS, UPLOAD_LEAD_MS } from "../limits.ts";

export interface Pace {
  /** Counted over the time that we waited for the sender, so our own slow disk cuts nobody. */
  readonly bytesPerSecondMin: number;
  /** Time that is given in front: a connection begins slowly, and a stall is no crime. */
  readonly leadMs: number;
  readonly checkMs: number;
}

const PACE: Pace = {
  bytesPerSecondMin: UPLOAD_BYTES_PER_SECOND_MIN,
  leadMs: UPLOAD_LEAD_MS,
  checkMs: UPLOAD_CHECK_MS,
};

/** The pieces of `source`; `onSlow` is called once when they come slower than the pace. */
export async function* paced(
  source: AsyncIterable<Uint8Array>,
  onSlow: () => void,
  pace: Pace = PACE,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let waitedMs = 0;
  let waitingSinceMs: number | undefined = performance.now();
  const timer = setInterval(() => {
    const nowMs = performance.now();
    const waited = waitedMs + (waitingSinceMs === undefined ? 0 : nowMs - waitingSinceMs);
    if (bytes * 1_000 >= (waited - pace.leadMs) * pace.bytesPerSecondMin) return;
    clearInterval(timer);
    onSlow();
  }, pace.checkMs);
  try {
    for await (const piece of source) {
      waitedMs += performance.now() - waitingSinceMs;
      waitingSinceMs = undefined;
      bytes += piece.length;
      yield piece;
      waitingSinceMs = performance.now();
    }
  } finally {
    clearInterval(timer);
  }
}
