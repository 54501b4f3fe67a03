import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { figuresOf } from "../experiments/figures.ts";
import { Recorder } from "../experiments/recorder.ts";
import { RESULT_FORMAT } from "../experiments/result.ts";
import type { Result } from "../experiments/result.ts";
import { seriesOf } from "../experiments/series.ts";
import { PEERS_FILE, writeReport } from "./write-report.ts";

const PHASES = {
  before: { fromMs: 0, toMs: 1_000 },
  during: { fromMs: 1_000, toMs: 2_000 },
  after: { fromMs: 2_000, toMs: 3_000 },
};

function recorded(): Recorder {
  const recorder = new Recorder(0);
  for (let returnMs = 100; returnMs < 3_000; returnMs += 100) {
    recorder.samples.push({
      ...{ what: "write", callMs: returnMs - 10, returnMs, isGood: true },
      ...{ code: undefined, isOfKnown: false },
    });
  }
  return recorder;
}

describe("the report of a folder of results", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "quorate-report-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function add(experiment: string, seed: number, more: Partial<Result>): void {
    const run = join(folder, experiment, `seed-${seed}`);
    mkdirSync(run, { recursive: true });
    const recorder = recorded();
    const result: Result = {
      ...{ format: RESULT_FORMAT, experiment, seed, status: "held", tier: "loopback" },
      ...{ replicaCount: 4, at: "2026-01-01T00:00:00Z", more: {}, phases: PHASES },
      ...{ faults: [{ kind: "k", what: "<b>" }], verdicts: [], marks: [] },
      figures: figuresOf(recorder, PHASES),
      again: `quorate chaos run ${experiment} --seed ${seed}`,
      ...more,
    };
    writeFileSync(join(run, "result.json"), JSON.stringify(result));
    writeFileSync(join(run, "series.json"), JSON.stringify(seriesOf(recorder, PHASES)));
  }

  it("tells what held, what did not and how to see it again, and what was not run", () => {
    add("primary-kill", 1, {});
    add("primary-kill", 2, {
      status: "failed",
      verdicts: [{ name: "no acknowledged write is lost", holds: false, detail: "own-1-1" }],
    });
    add("power-cut", 1, { status: "not run", why: "kernel: mounting needs root" });
    const [text] = writeReport(folder);
    const report = readFileSync(text, "utf8");
    expect(report).toContain("2 runs: 1 held, 1 failed, 1 experiments not run");
    expect(report).toContain("| primary-kill | loopback | 2 | 1 | 58 |");
    expect(report).toContain("own-1-1 (quorate chaos run primary-kill --seed 2)");
    expect(report).toContain("- power-cut: kernel: mounting needs root");
    expect(report).toContain("Not measured.");
  });

  it("names the marks that were missed, by the worst value", () => {
    for (const [seed, value] of [1_200, 1_700, 900].entries()) {
      add("primary-kill", seed, {
        marks: [{ figure: "writeGapMs", most: 1_000, value, met: value <= 1_000 }],
      });
    }
    expect(readFileSync(writeReport(folder)[0], "utf8")).toContain(
      "- primary-kill: writeGapMs 1700 (at most 1000)",
    );
  });

  it("has a page with a strip for each, the fault's span in it, and the peer's bars", () => {
    add("primary-kill", 1, {});
    const runs = [{ what: "leader-kill", writeGapsMs: [1_500, 2_000] }];
    writeFileSync(join(folder, PEERS_FILE), JSON.stringify({ name: "etcd", runs }));
    const [text, page] = writeReport(folder);
    const html = readFileSync(page, "utf8");
    expect(html).toContain('<rect class="fault" x="240"');
    expect(html).toContain("etcd, leader-kill");
    expect(html).not.toContain("<b>");
    expect(readFileSync(text, "utf8")).toMatch(/\| leader-kill \| 2,000 \/ 2,000 \| \d+ \/ \d+ \|/);
  });
});
