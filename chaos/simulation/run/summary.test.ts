import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Outcome } from "../run-seed.ts";
import { ResultFile } from "./result-file.ts";
import { MARKS, Summary } from "./summary.ts";

const outcome = (seed: number, more: Partial<Outcome> = {}): Outcome => ({
  seed,
  violation: undefined,
  hash: "00",
  virtualMs: 60_000,
  eventCount: 10,
  committedCount: 200,
  faults: { crash: 2 },
  marks: { "view: entered": 1 },
  realCrypto: false,
  tookMs: 600,
  ...more,
});

describe("a summary", () => {
  it("adds up what many runs came to", () => {
    const summary = new Summary();
    summary.add(outcome(1));
    summary.add(outcome(2, { violation: { checker: "agreement", what: "two roots\nat 3" } }));
    expect(summary.toJson()).toMatchObject({
      seeds: 2,
      virtualSeconds: 120,
      timesRealTimePerJob: 100,
      committed: 400,
      faults: { crash: { count: 4, seeds: 2 } },
      violations: [{ seed: 2, checker: "agreement" }],
    });
    expect(summary.lines().at(-1)).toBe("seed 2: agreement: two roots");
  });

  it("names the marks that nobody came to", () => {
    const summary = new Summary();
    for (let seed = 1; seed <= 200; seed++) summary.add(outcome(seed));
    expect(summary.blindSpots()).toHaveLength(MARKS.length - 1);
    const marks = summary.lines().find((line) => line.startsWith("marks"));
    expect(marks).toContain("view: entered 100.0");
    expect(marks).toContain("transfer: done 0.0");
    expect(summary.lines().some((line) => line.startsWith("blind spots"))).toBe(true);
  });
});

describe("a result file", () => {
  it("gives back every outcome, but a line that was cut off", () => {
    const folder = mkdtempSync(join(tmpdir(), "quorate-results-"));
    try {
      const path = join(folder, "results.jsonl");
      const file = new ResultFile(path);
      expect(file.read()).toEqual([]);
      file.append(outcome(1));
      file.append(outcome(2));
      appendFileSync(path, '{"seed":3,"ma');
      expect(new ResultFile(path).read().map(({ seed }) => seed)).toEqual([1, 2]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
