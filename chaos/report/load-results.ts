import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Peers } from "../peers/run-peers.ts";
import { RESULT_FILE, SERIES_FILE } from "../experiments/result.ts";
import type { Result } from "../experiments/result.ts";
import type { Series } from "../experiments/series.ts";

/** All repetitions of one experiment. */
export interface Row {
  readonly name: string;
  readonly results: readonly Result[];
  /** Of the repetition whose write gap is the median one. */
  readonly series: Series | undefined;
}

/** What a folder of runs holds, in the order of `names`; strangers at the end. */
export function loadRows(folder: string, names: readonly string[]): readonly Row[] {
  const found = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
  const known = names.filter((name) => found.includes(name));
  const strangers = found.filter((name) => !names.includes(name)).sort();
  return [...known, ...strangers]
    .map((name) => loadRow(join(folder, name), name))
    .filter(({ results }) => results.length > 0);
}

function loadRow(folder: string, name: string): Row {
  const runs = readdirSync(folder)
    .map((run) => join(folder, run))
    .filter((run) => existsSync(join(run, RESULT_FILE)))
    .map((run) => ({ run, result: readJson(join(run, RESULT_FILE)) as Result }))
    .sort((left, right) => left.result.seed - right.result.seed);
  const byGap = [...runs]
    .filter(({ run }) => existsSync(join(run, SERIES_FILE)))
    .sort(
      (left, right) =>
        (left.result.figures?.writeGapMs ?? 0) - (right.result.figures?.writeGapMs ?? 0),
    );
  const middle = byGap[Math.floor(byGap.length / 2)];
  const series = middle && (readJson(join(middle.run, SERIES_FILE)) as Series);
  return { name, results: runs.map(({ result }) => result), series };
}

export function loadPeers(file: string): Peers | undefined {
  return existsSync(file) ? (readJson(file) as Peers) : undefined;
}

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, "utf8"));
}
