import { toHex } from "../../base/bytes.ts";
import { Prng } from "../../base/prng.ts";
import { allTargets } from "./all-targets.ts";
import { BlockCoverage } from "./block-coverage.ts";
import { fuzzTarget } from "./fuzz-target.ts";
import type { FuzzReport } from "./fuzz-target.ts";
import type { FuzzTarget } from "./target.ts";

interface FuzzArguments {
  readonly inputs: number;
  readonly seed: number;
  /** Only targets whose names hold this. */
  readonly target: string;
  readonly blind: boolean;
}

const INPUTS_DEFAULT = 1_000_000;
/** Targets are gone through in turns, so that a run that is ended early has seen all of them. */
const TURNS = 20;
const SHOWN_BYTES_MAX = 200;

/**
 * Feeds every decoder with mutated inputs and prints what it found. 0 nothing, 1 findings, 64
 * usage. Ctrl-C ends it after the batch under way, with the summary so far.
 */
export async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv);
  if (typeof parsed === "string") {
    console.error(
      `${parsed}\nusage: npm run fuzz -- [--inputs N] [--seed S] [--target TEXT] [--blind]`,
    );
    return 64;
  }
  const targets = allTargets().filter(({ name }) => name.includes(parsed.target));
  let stopped = false;
  const stop = (): void => void (stopped = true);
  process.once("SIGINT", stop);
  const coverage = parsed.blind ? undefined : new BlockCoverage();
  const reports = await runAll(targets, parsed, { coverage, isStopped: () => stopped });
  process.off("SIGINT", stop);
  const blockCount = coverage?.blockCount;
  coverage?.close();
  return summarize(reports, blockCount, stopped);
}

interface Surroundings {
  readonly coverage: BlockCoverage | undefined;
  readonly isStopped: () => boolean;
}

async function runAll(
  targets: readonly FuzzTarget[],
  { inputs, seed }: FuzzArguments,
  { coverage, isStopped }: Surroundings,
): Promise<readonly FuzzReport[]> {
  const reports: FuzzReport[] = [];
  const share = Math.max(1, Math.ceil(inputs / targets.length / TURNS));
  const corpora = new Map(targets.map((target) => [target, [] as Uint8Array[]]));
  const beganMs = performance.now();
  let done = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, target] of targets.entries()) {
      if (isStopped() || done >= inputs) return reports;
      const prng = new Prng(seed + turn * 10_007 + index);
      const corpus = corpora.get(target) ?? [];
      const options = { inputCount: share, prng, corpus, isStopped };
      const report = await fuzzTarget(target, coverage ? { ...options, coverage } : options);
      reports.push(report);
      done += report.inputCount;
      progress(done, inputs, beganMs, target.name);
      // Lets a signal in, and the collector.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return reports;
}

function progress(done: number, wanted: number, beganMs: number, name: string): void {
  if (!process.stderr.isTTY) return;
  const perSecond = Math.round((done * 1000) / (performance.now() - beganMs));
  const percent = Math.min(100, Math.floor((done * 100) / wanted));
  process.stderr.write(`\r\u001B[2K${percent} %  ${done} inputs  ${perSecond}/s  ${name}`);
}

function summarize(
  reports: readonly FuzzReport[],
  blockCount: number | undefined,
  stopped: boolean,
): number {
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[2K");
  const sum = (pick: (report: FuzzReport) => number): number =>
    reports.reduce((total, report) => total + pick(report), 0);
  const findings = reports.flatMap((report) => report.findings);
  for (const { target, what, input } of findings) {
    const hex = toHex(input.subarray(0, SHOWN_BYTES_MAX));
    console.log(`FINDING ${target}: ${what}\n  ${input.length} bytes ${hex}`);
  }
  const names = new Set(reports.map(({ target }) => target));
  const memory = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(
    `${stopped ? "stopped: " : ""}${sum((report) => report.inputCount)} inputs over ${names.size} decoders, ` +
      `${sum((report) => report.acceptedCount)} taken, ${findings.length} findings, ` +
      `${blockCount === undefined ? "" : `${blockCount} blocks covered, `}${memory} MiB at most`,
  );
  return findings.length === 0 ? 0 : 1;
}

function parseArguments(argv: readonly string[]): FuzzArguments | string {
  const found = { inputs: INPUTS_DEFAULT, seed: 1, target: "", blind: false };
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index];
    if (word === "--blind") {
      found.blind = true;
      continue;
    }
    const value = argv[++index];
    if (value === undefined) return `${word ?? ""} wants a value`;
    if (word === "--target") found.target = value;
    else if ((word === "--inputs" || word === "--seed") && /^\d{1,12}$/.test(value)) {
      found[word === "--inputs" ? "inputs" : "seed"] = Number(value);
    } else return `not understood: ${word ?? ""} ${value}`;
  }
  return found;
}
