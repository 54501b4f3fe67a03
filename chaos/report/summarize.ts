import { quantile } from "../experiments/figures.ts";
import type { Result } from "../experiments/result.ts";
import type { Row } from "./load-results.ts";

/** One line of the matrix. */
export interface RowSummary {
  readonly name: string;
  readonly tier: string;
  readonly runs: number;
  readonly held: number;
  readonly notRun: string | undefined;
  readonly writes: number;
  readonly gapP50Ms: number;
  readonly gapMaxMs: number;
  readonly readGapMaxMs: number;
  readonly recoveryP50Ms: number;
  readonly recoveryMaxMs: number;
  readonly failedReads: number;
  /** Of the writes a second before the fault, in percent. */
  readonly duringPercent: number;
  readonly afterPercent: number;
  /** "writeGapMs 1,203 (at most 1,000)", the worst of each mark that was missed. */
  readonly missed: readonly string[];
  readonly failures: readonly string[];
}

export function summarize({ name, results }: Row): RowSummary {
  const ran = results.filter(({ status }) => status !== "not run");
  const figures = ran.map((result) => result.figures!).filter(Boolean);
  const gaps = figures.map(({ writeGapMs }) => writeGapMs);
  const recoveries = figures.map(({ recoveryMs }) => recoveryMs);
  const before = sum(figures.map((one) => one.before.writesPerSecond));
  const percent = (part: "during" | "after"): number =>
    before === 0
      ? 0
      : Math.round((100 * sum(figures.map((one) => one[part].writesPerSecond))) / before);
  return {
    name,
    tier: [...new Set(ran.map(({ tier }) => tier))].join(", "),
    runs: ran.length,
    held: ran.filter(({ status }) => status === "held").length,
    notRun: results.find(({ status }) => status === "not run")?.why,
    writes: sum(figures.map(({ writes }) => writes)),
    gapP50Ms: Math.round(quantile(gaps, 0.5)),
    gapMaxMs: Math.round(Math.max(0, ...gaps)),
    readGapMaxMs: Math.round(Math.max(0, ...figures.map(({ readGapMs }) => readGapMs))),
    recoveryP50Ms: Math.round(quantile(recoveries, 0.5)),
    recoveryMaxMs: Math.round(Math.max(0, ...recoveries)),
    failedReads: sum(figures.map(({ failedReadsOfKnown }) => failedReadsOfKnown)),
    duringPercent: percent("during"),
    afterPercent: percent("after"),
    missed: missedMarks(ran),
    failures: ran.flatMap(({ verdicts, again }) =>
      verdicts.filter(({ holds }) => !holds).map((one) => `${one.name}: ${one.detail} (${again})`),
    ),
  };
}

function missedMarks(results: readonly Result[]): readonly string[] {
  const worst = new Map<string, string>();
  const values = new Map<string, number>();
  for (const { figure, value, most, least, met } of results.flatMap(({ marks }) => marks)) {
    if (met) continue;
    const known = values.get(figure);
    const isWorse = known === undefined || (most === undefined ? value < known : value > known);
    if (!isWorse) continue;
    values.set(figure, value);
    const bound = most === undefined ? `at least ${least}` : `at most ${most}`;
    worst.set(figure, `${figure} ${Math.round(100 * value) / 100} (${bound})`);
  }
  return [...worst.values()];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
