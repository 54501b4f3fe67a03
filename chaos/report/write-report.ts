import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { CATALOGUE } from "../experiments/catalogue.ts";
import { loadPeers, loadRows } from "./load-results.ts";
import type { Row } from "./load-results.ts";
import { reportPage } from "./report-page.ts";
import { reportText } from "./report-text.ts";
import type { ReportHead } from "./report-text.ts";
import { summarize } from "./summarize.ts";

export const PEERS_FILE = "peers.json";
const TEXT_FILE = "report.md";
const PAGE_FILE = "report.html";

/** From a folder's results alone; answers what it wrote. */
export function writeReport(folder: string): readonly [text: string, page: string] {
  const rows = loadRows(
    folder,
    CATALOGUE.map(({ name }) => name),
  );
  const summaries = rows.map(summarize);
  const peers = loadPeers(join(folder, PEERS_FILE));
  const head = headOf(rows);
  const text = join(folder, TEXT_FILE);
  const page = join(folder, PAGE_FILE);
  writeFileSync(text, reportText(head, summaries, peers));
  writeFileSync(page, reportPage(head, rows, summaries, peers));
  return [text, page];
}

function headOf(rows: readonly Row[]): ReportHead {
  const results = rows.flatMap((row) => row.results);
  const ran = results.filter(({ status }) => status !== "not run");
  const founding = new Set(
    CATALOGUE.filter((one) => one.isFounding === true).map(({ name }) => name),
  );
  const first = ran.filter(({ experiment }) => founding.has(experiment));
  const recoveries = first.map(({ figures }) => figures?.recoveryMs ?? 0);
  const held = first.filter(({ status }) => status === "held").length;
  return {
    runs: ran.length,
    held: ran.filter(({ status }) => status === "held").length,
    notRun: rows.filter((row) => row.results.every(({ status }) => status === "not run")).length,
    writes: ran.reduce((sum, { figures }) => sum + (figures?.writes ?? 0), 0),
    foundingRuns: first.length,
    foundingHeldPercent: Math.round((100 * held) / Math.max(1, first.length)),
    foundingRecoveryMeanMs:
      recoveries.reduce((sum, value) => sum + value, 0) / Math.max(1, recoveries.length),
  };
}
