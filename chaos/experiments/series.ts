import { quantile } from "./figures.ts";
import type { Phases } from "./figures.ts";
import type { Recorder } from "./recorder.ts";

/** A run in slices of time, for a picture. */
export interface Series {
  readonly sliceMs: number;
  readonly phases: Phases;
  /** By slice since the run began: calls that succeeded in it. */
  readonly writes: readonly number[];
  readonly reads: readonly number[];
  /** Median and 99th percentile of the writes that ended in it; 0 where none did. */
  readonly writeP50Ms: readonly number[];
  readonly writeP99Ms: readonly number[];
}

const SLICE_MS = 100;

export function seriesOf(recorder: Recorder, phases: Phases): Series {
  const count = Math.ceil(phases.after.toMs / SLICE_MS);
  const writes = Array.from({ length: count }, (): number[] => []);
  const reads = Array.from({ length: count }, () => 0);
  for (const { what, isGood, callMs, returnMs } of recorder.samples) {
    const slice = Math.floor(returnMs / SLICE_MS);
    if (!isGood || slice >= count) continue;
    if (what === "write") writes[slice]!.push(returnMs - callMs);
    else reads[slice]!++;
  }
  return {
    sliceMs: SLICE_MS,
    phases,
    writes: writes.map((latencies) => latencies.length),
    reads,
    writeP50Ms: writes.map((latencies) => quantile(latencies, 0.5)),
    writeP99Ms: writes.map((latencies) => quantile(latencies, 0.99)),
  };
}
