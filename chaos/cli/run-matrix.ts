import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "../../cluster/cli/frame.ts";
import { CATALOGUE, experimentNamed } from "../experiments/catalogue.ts";
import { RESULT_FILE } from "../experiments/result.ts";
import { runPeers } from "../peers/run-peers.ts";
import { PEERS_FILE, writeReport } from "../report/write-report.ts";
import { runMany } from "./run-many.ts";

export interface MatrixOptions {
  readonly out: string;
  readonly resume: boolean;
  readonly only: readonly string[] | undefined;
  readonly reps: number | undefined;
  readonly seed: number;
  readonly expectNotRun: readonly string[];
  readonly peers: boolean;
  /** A document of which the report replaces what stands behind its marker. */
  readonly into: string | undefined;
}

/** What stands behind it in a document is written from results. */
const MARKER = "<!-- from here on written by `quorate chaos matrix --into` -->\n";

/** Experiments, then the peer on the same machine in the same hour, then the report of all of it. */
export async function runMatrix(frame: Frame, options: MatrixOptions): Promise<void> {
  const { out, resume, only, reps, seed } = options;
  mkdirSync(out, { recursive: true });
  const experiments = only?.map(experimentNamed) ?? CATALOGUE;
  const work = experiments
    .flatMap((experiment) =>
      Array.from({ length: reps ?? experiment.repetitions }, (_, rep) => ({
        experiment,
        seed: seed + rep,
      })),
    )
    .filter(
      ({ experiment, seed }) => !resume || !hasResult(join(out, experiment.name, `seed-${seed}`)),
    );
  await runMany(frame, { work, out, keepAll: false, expectNotRun: options.expectNotRun });
  if (options.peers && !existsSync(join(out, PEERS_FILE))) {
    const peers = await runPeers((text) => frame.terminal.note(text));
    writeFileSync(join(out, PEERS_FILE), `${JSON.stringify(peers, null, 2)}\n`);
  }
  const [text, page] = writeReport(out);
  for (const file of [text, page]) frame.terminal.note(`wrote ${file}`);
  if (options.into === undefined) return;
  const [before = ""] = readFileSync(options.into, "utf8").split(MARKER);
  writeFileSync(options.into, `${before}${MARKER}\n${readFileSync(text, "utf8")}`);
}

function hasResult(folder: string): boolean {
  try {
    const { status } = JSON.parse(readFileSync(join(folder, RESULT_FILE), "utf8")) as {
      readonly status: string;
    };
    return status !== "not run";
  } catch {
    return false;
  }
}
