import { describe, expect, it } from "vitest";
import { figuresOf } from "./figures.ts";
import { Recorder } from "./recorder.ts";
import { seriesOf } from "./series.ts";

const PHASES = {
  before: { fromMs: 0, toMs: 1_000 },
  during: { fromMs: 1_000, toMs: 2_000 },
  after: { fromMs: 2_000, toMs: 3_000 },
};

/** Writes that take 10 ms each and end at these times. */
function recorded(ends: readonly number[]): Recorder {
  const recorder = new Recorder(0);
  for (const returnMs of ends) {
    recorder.samples.push({
      ...{ what: "write", callMs: returnMs - 10, returnMs, isGood: true },
      ...{ code: undefined, isOfKnown: false },
    });
  }
  return recorder;
}

describe("the figures of a run", () => {
  it("the longest gap is looked for from the injection on, the silence at the end included", () => {
    expect(figuresOf(recorded([100, 900, 1_100, 1_600, 2_100, 2_900]), PHASES).writeGapMs).toBe(
      800,
    );
    expect(figuresOf(recorded([1_100, 1_200]), PHASES).writeGapMs).toBe(1_800);
    expect(figuresOf(recorded([]), PHASES).writeGapMs).toBe(2_000);
  });

  it("recovery is the end of the first write that began after the heal", () => {
    expect(figuresOf(recorded([2_005, 2_300, 2_400]), PHASES).recoveryMs).toBe(300);
    expect(figuresOf(recorded([1_999]), PHASES).recoveryMs).toBe(-1);
  });

  it("throughput and latency are told for each part", () => {
    const figures = figuresOf(recorded([100, 200, 1_500, 2_100, 2_200, 2_300]), PHASES);
    expect(figures.before).toMatchObject({ writesPerSecond: 2, writeP50Ms: 10 });
    expect(figures.during.writesPerSecond).toBe(1);
    expect(figures.after.writesPerSecond).toBe(3);
  });

  it("failures are counted by their codes, failed reads of known keys apart", () => {
    const recorder = recorded([100]);
    const failed = { callMs: 1, returnMs: 2, isGood: false, code: "CLUSTER_UNREACHABLE" };
    recorder.samples.push({ what: "read", ...failed, isOfKnown: true });
    recorder.samples.push({ what: "read", ...failed, isOfKnown: false });
    recorder.samples.push({ what: "write", ...failed, isOfKnown: false });
    expect(figuresOf(recorder, PHASES)).toMatchObject({
      failedReadsOfKnown: 1,
      failedWrites: 1,
      failures: { CLUSTER_UNREACHABLE: 3 },
    });
  });

  it("a picture has a slice for each tenth of a second", () => {
    const series = seriesOf(recorded([100, 110, 2_950]), PHASES);
    expect(series.writes).toHaveLength(30);
    expect(series.writes[1]).toBe(2);
    expect(series.writeP50Ms[29]).toBe(10);
  });
});
