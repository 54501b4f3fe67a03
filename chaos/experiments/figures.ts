import type { Recorder, Sample } from "./recorder.ts";

/** When the run's parts were, in milliseconds since it began. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Phases {
  readonly before: Span;
  /** From the first injection to the last heal. */
  readonly during: Span;
  readonly after: Span;
}

export interface PhaseFigures {
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly writeP50Ms: number;
  readonly writeP99Ms: number;
}

export interface Figures {
  readonly before: PhaseFigures;
  readonly during: PhaseFigures;
  readonly after: PhaseFigures;
  /** Longest time from the injection on in which no write, or no read, of anybody succeeded. */
  readonly writeGapMs: number;
  readonly readGapMs: number;
  /** From the heal to the end of the first write that began after it. */
  readonly recoveryMs: number;
  readonly writes: number;
  readonly reads: number;
  readonly failedWrites: number;
  /** Of keys that had been acknowledged. */
  readonly failedReadsOfKnown: number;
  readonly failures: Readonly<Record<string, number>>;
}

export function figuresOf(recorder: Recorder, phases: Phases): Figures {
  const { samples } = recorder;
  const of = (what: Sample["what"]): readonly Sample[] =>
    samples.filter((sample) => sample.what === what && sample.isGood);
  const writes = of("write");
  const reads = of("read");
  const bad = samples.filter(({ isGood }) => !isGood);
  const failures: Record<string, number> = {};
  for (const { code } of bad) failures[code ?? ""] = (failures[code ?? ""] ?? 0) + 1;
  const watched = { fromMs: phases.during.fromMs, toMs: phases.after.toMs };
  return {
    before: phaseFigures(writes, reads, phases.before),
    during: phaseFigures(writes, reads, phases.during),
    after: phaseFigures(writes, reads, phases.after),
    writeGapMs: longestGapMs(writes, watched),
    readGapMs: longestGapMs(reads, watched),
    recoveryMs: recoveryMs(writes, phases.during.toMs),
    writes: writes.length,
    reads: reads.length,
    failedWrites: bad.filter(({ what }) => what === "write").length,
    failedReadsOfKnown: bad.filter(({ what, isOfKnown }) => what === "read" && isOfKnown).length,
    failures,
  };
}

function phaseFigures(
  writes: readonly Sample[],
  reads: readonly Sample[],
  span: Span,
): PhaseFigures {
  const seconds = Math.max(0.001, (span.toMs - span.fromMs) / 1000);
  const inside = ({ returnMs }: Sample): boolean => returnMs >= span.fromMs && returnMs < span.toMs;
  const written = writes.filter(inside);
  const latencies = written.map(({ callMs, returnMs }) => returnMs - callMs);
  return {
    writesPerSecond: round(written.length / seconds),
    readsPerSecond: round(reads.filter(inside).length / seconds),
    writeP50Ms: quantile(latencies, 0.5),
    writeP99Ms: quantile(latencies, 0.99),
  };
}

/** The silence at either end counts: a run that never came back has its whole rest as a gap. */
function longestGapMs(samples: readonly Sample[], { fromMs, toMs }: Span): number {
  const ends = samples.map(({ returnMs }) => returnMs).sort((left, right) => left - right);
  let last = fromMs;
  let gap = 0;
  for (const end of ends) {
    if (end <= fromMs || end > toMs) continue;
    gap = Math.max(gap, end - last);
    last = end;
  }
  return round(Math.max(gap, toMs - last));
}

/** −1: nothing that began after the heal was written. */
function recoveryMs(writes: readonly Sample[], healedMs: number): number {
  const ends = writes.filter(({ callMs }) => callMs >= healedMs).map(({ returnMs }) => returnMs);
  return ends.length === 0 ? -1 : round(Math.min(...ends) - healedMs);
}

export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0;
  const sorted = [...values].sort((left, right) => left - right);
  return round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
