import type { Peers } from "../peers/run-peers.ts";
import { drawStrip } from "./draw-strip.ts";
import type { Row } from "./load-results.ts";
import { count, headLines } from "./report-text.ts";
import type { ReportHead } from "./report-text.ts";
import type { RowSummary } from "./summarize.ts";

const STYLE = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { border-bottom: 1px solid #8886; padding: .25rem .5rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
section { margin: 2rem 0; }
svg { display: block; width: 100%; }
.fault { fill: #d9480f33; } .writes { fill: #1971c2aa; }
.latency { fill: none; stroke: #c2255c; stroke-width: 1.5; }
svg text { font-size: 11px; fill: currentColor; }
.bad { color: #c92a2a; font-weight: 600; }
.bar { display: inline-block; height: .8rem; background: #1971c2; vertical-align: middle; }
.peer { background: #868e96; }
code { background: #8882; padding: .1rem .3rem; }
`;

/** One page without scripts: the matrix, a strip for each experiment, the peer's bars beside ours. */
export function reportPage(
  head: ReportHead,
  rows: readonly Row[],
  summaries: readonly RowSummary[],
  peers: Peers | undefined,
): string {
  return [
    "<!doctype html>",
    '<html lang="en"><head><meta charset="utf-8"><title>Quorate under chaos</title>',
    '<meta name="viewport" content="width=device-width">',
    `<style>${STYLE}</style></head><body><main><h1>Quorate under chaos</h1>`,
    ...headLines(head)
      .filter(Boolean)
      .map((line) => `<p>${escape(line)}</p>`),
    matrix(summaries),
    peerBars(peers, summaries),
    "<p>In each strip: writes a second as an area, the 99th percentile of their latency as a line, the fault's span shaded. The repetition shown is the one with the median gap.</p>",
    ...rows.map((row, at) => strip(row, summaries[at]!)),
    "</main></body></html>\n",
  ].join("\n");
}

function matrix(summaries: readonly RowSummary[]): string {
  const titles = [
    "experiment",
    "held",
    "write gap p50 / max, ms",
    "read gap max, ms",
    "recovery p50 / max, ms",
    "failed reads",
  ];
  const lines = summaries.map((row) => {
    const held = row.runs === 0 ? `not run: ${row.notRun ?? ""}` : `${row.held} of ${row.runs}`;
    const cells = [
      held,
      ...[`${count(row.gapP50Ms)} / ${count(row.gapMaxMs)}`, count(row.readGapMaxMs)],
      ...[`${count(row.recoveryP50Ms)} / ${count(row.recoveryMaxMs)}`, String(row.failedReads)],
    ];
    const bad = row.held < row.runs ? ' class="bad"' : "";
    const name = `<td><a href="#${row.name}">${escape(row.name)}</a></td>`;
    return `<tr${bad}>${name}${cells.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;
  });
  return `<table><thead><tr>${titles.map((title) => `<th scope="col">${title}</th>`).join("")}</tr></thead><tbody>${lines.join("")}</tbody></table>`;
}

function strip({ name, results, series }: Row, summary: RowSummary): string {
  const first = results.find(({ status }) => status !== "not run");
  const what = first?.faults.map((fault) => fault.what).join("; ") ?? summary.notRun ?? "";
  return [
    `<section id="${name}"><h2>${escape(name)}</h2><p>${escape(what)}</p>`,
    series === undefined ? "" : drawStrip(series),
    ...[...summary.failures, ...summary.missed].map((line) => `<p class="bad">${escape(line)}</p>`),
    first === undefined ? "" : `<p><code>${escape(first.again)}</code></p>`,
    "</section>",
  ].join("");
}

function peerBars(peers: Peers | undefined, rows: readonly RowSummary[]): string {
  if (peers === undefined || peers.runs.length === 0) return "";
  const bars: (readonly [string, number, string])[] = [];
  for (const { what, writeGapsMs } of peers.runs) {
    const ours = rows.find(
      ({ name }) => name === (what === "leader-kill" ? "primary-kill" : "primary-pause"),
    );
    if (ours !== undefined) bars.push([`Quorate, ${ours.name}`, ours.gapMaxMs, "bar"]);
    bars.push([`${peers.name}, ${what}`, Math.max(...writeGapsMs), "bar peer"]);
  }
  const most = Math.max(1, ...bars.map(([, value]) => value));
  const lines = bars.map(
    ([title, value, kind]) =>
      `<tr><td>${escape(title)}</td><td>${count(value)}</td><td style="text-align:left;width:50%"><span class="${kind}" style="width:${Math.round((100 * value) / most)}%"></span></td></tr>`,
  );
  return `<h2>Longest write gap, ms, in the same run</h2><table><tbody>${lines.join("")}</tbody></table>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
