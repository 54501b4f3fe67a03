import { quantile } from "../experiments/figures.ts";
import type { Peers } from "../peers/run-peers.ts";
import type { RowSummary } from "./summarize.ts";

/** What stands above every report. */
export interface ReportHead {
  readonly runs: number;
  readonly held: number;
  readonly notRun: number;
  readonly writes: number;
  /** Of the eight that the project set out with. */
  readonly foundingRuns: number;
  readonly foundingHeldPercent: number;
  readonly foundingRecoveryMeanMs: number;
}

/** The report as Markdown, for docs/chaos.md. */
export function reportText(
  head: ReportHead,
  rows: readonly RowSummary[],
  peers: Peers | undefined,
): string {
  const failures = rows.flatMap(({ name, failures }) =>
    failures.map((what) => `- ${name}: ${what}`),
  );
  const missed = rows.flatMap(({ name, missed }) => missed.map((what) => `- ${name}: ${what}`));
  const notRun = rows.flatMap(({ name, notRun }) =>
    notRun === undefined ? [] : [`- ${name}: ${notRun}`],
  );
  return [
    ...headLines(head),
    "",
    "| experiment | links | runs | held | writes | write gap p50 / max, ms | read gap max, ms | recovery p50 / max, ms | failed reads | writes during / after, % |",
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.filter(({ runs }) => runs > 0).map(lineOf),
    ...section("Verdicts that do not hold", failures),
    ...section("Beyond its mark", missed),
    ...section("Not run", notRun),
    ...peerLines(peers, rows),
    "",
  ].join("\n");
}

export function headLines(head: ReportHead): readonly string[] {
  return [
    `${head.runs} runs: ${head.held} held, ${head.runs - head.held} failed, ${head.notRun} experiments not run. ${count(head.writes)} acknowledged writes, every one read back at the end of its run.`,
    ...(head.foundingRuns === 0
      ? []
      : [
          "",
          `The eight experiments that the project set out with, ${head.foundingRuns} runs: ${head.foundingHeldPercent} % survived, mean recovery ${count(head.foundingRecoveryMeanMs)} ms.`,
        ]),
  ];
}

function lineOf(row: RowSummary): string {
  const cells = [
    ...[row.name, row.tier, row.runs, row.held, count(row.writes)],
    ...[`${count(row.gapP50Ms)} / ${count(row.gapMaxMs)}`, count(row.readGapMaxMs)],
    ...[`${count(row.recoveryP50Ms)} / ${count(row.recoveryMaxMs)}`, row.failedReads],
    `${row.duringPercent} / ${row.afterPercent}`,
  ];
  return `| ${cells.join(" | ")} |`;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return ["", `## ${title}`, "", ...(lines.length === 0 ? ["None."] : lines)];
}

const OURS = { "leader-kill": "primary-kill", "leader-pause": "primary-pause" } as const;

function peerLines(peers: Peers | undefined, rows: readonly RowSummary[]): readonly string[] {
  if (peers === undefined) return section("Beside a peer", ["Not measured."]);
  if (peers.lacks !== undefined) return section("Beside a peer", [`Not measured: ${peers.lacks}`]);
  return section("Beside a peer", [
    `Write gaps of ${peers.name}, measured in the same run. It tolerates crashes and no liar.`,
    "",
    "| what | its p50 / max, ms | ours p50 / max, ms |",
    "| --- | ---: | ---: |",
    ...peers.runs.map(({ what, writeGapsMs }) => {
      const ours = rows.find(({ name }) => name === OURS[what]);
      const theirs = `${count(quantile(writeGapsMs, 0.5))} / ${count(Math.max(...writeGapsMs))}`;
      const own = ours === undefined ? "–" : `${count(ours.gapP50Ms)} / ${count(ours.gapMaxMs)}`;
      return `| ${what} | ${theirs} | ${own} |`;
    }),
  ]);
}

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}
