import { QuorateError } from "../../base/quorate-error.ts";
import { trustLine } from "../cli/proof-trust.ts";
import { parseSatOptions } from "./sat-options.ts";
import type { SatOptions } from "./sat-options.ts";
import type { SatAnswer, SatProver } from "./sat-prover.ts";

/** What SAT solvers end with; 0 is no answer, 1 an error. */
const EXIT_SAT = 10;
const EXIT_UNSAT = 20;
const EXIT_UNKNOWN = 0;
const EXIT_ERROR = 1;

const STANDARD_INPUT = "standard input";
const LINE_LENGTH_MAX = 78;
/** Longer than any caller waits. */
const TIMEOUT_S_MAX = 2_000_000;

const HELP = `usage: quorate-sat [ <option> ... ] [ <formula> [ <proof> ] ]

Decides a formula in DIMACS CNF and writes a proof, like any SAT solver: s and v lines,
exit codes 10 (satisfiable), 20 (unsatisfiable) and 0 (no answer). Each answer was checked.
What is known already is not solved again: proofs are kept on this machine, shared with other
gateways and a cluster where they are named, and found by the solvers of this machine.

  -q, --quiet       no comments
  -n, --no-witness  no v lines
  -t <seconds>      give up after so long
  --no-binary       the proof as text
  --lrat            the proof with hints (default: DRAT)
  --mode=<mode>     read-write, read-only-enforcing, record, replay, offline
  --order=<order>   network-first, local-first, or tiers separated by commas
  --provers=<names> cadical, cryptominisat5, minisat; installed; none
  --peers=<peers>   gateways to ask; --cache=<folder>, --recording=<folder>
  --explain         each tier's answer and time, as comments
  --version, -h

environment: QUORATE_MODE, QUORATE_ORDER, QUORATE_PROVERS, QUORATE_PEERS, QUORATE_CACHE,
QUORATE_RECORDING; QUORATE_CLUSTER (cluster.json) and QUORATE_KEY (who publishes)`;

export interface SatStreams {
  readonly print: (line: string) => void;
  /** Puts standard input into a file and answers its name. */
  readonly keepInput: () => Promise<string>;
  /** What no caller of a solver waits for. */
  readonly remark?: ((line: string) => void) | undefined;
  readonly version: string;
}

/** One run of the drop-in solver; answers its exit code. */
export async function runSat(
  argv: readonly string[],
  prove: SatProver,
  { print, version, keepInput, remark }: SatStreams,
): Promise<number> {
  const parsed = parseSatOptions(argv);
  if (parsed.kind === "run") return decide(parsed.options, prove, { print, keepInput, remark });
  if (parsed.kind === "wrong") {
    print(`c error: ${parsed.message}; see quorate-sat -h`);
    return EXIT_ERROR;
  }
  print(parsed.kind === "help" ? HELP : version);
  return EXIT_UNKNOWN;
}

async function decide(
  options: SatOptions,
  prove: SatProver,
  { print, keepInput, remark }: Omit<SatStreams, "version">,
): Promise<number> {
  const { proofFile, proofForm, isQuiet } = options;
  const signal = AbortSignal.timeout(
    1000 * Math.min(options.timeoutS ?? TIMEOUT_S_MAX, TIMEOUT_S_MAX),
  );
  const comment = (line: string): void => print(`c ${line}`);
  try {
    const formulaFile = options.formulaFile ?? (await keepInput());
    const question = { formulaFile, proofFile, proofForm, signal };
    const answer = await prove(question, options.setup, options.explains ? comment : undefined);
    if ("trust" in answer && answer.trust !== undefined && !isQuiet) {
      const say = options.explains ? print : remark;
      say?.(`c ${trustLine(answer.trust)}`);
    }
    return tell(answer, options, print);
  } catch (error) {
    if (signal.aborted) {
      if (!isQuiet) print("c UNKNOWN");
      return EXIT_UNKNOWN;
    }
    if (!(error instanceof QuorateError)) throw error;
    print(`c error ${error.code}: ${error.message}`);
    return EXIT_ERROR;
  }
}

function tell(answer: SatAnswer, options: SatOptions, print: (line: string) => void): number {
  if (answer.verdict === "sat") {
    print("s SATISFIABLE");
    if (options.showsModel) for (const line of modelLines(answer.model)) print(line);
    return EXIT_SAT;
  }
  if (answer.verdict === "unsat") {
    print("s UNSATISFIABLE");
    return EXIT_UNSAT;
  }
  if (answer.verdict === "refused") {
    const file = options.formulaFile ?? STANDARD_INPUT;
    print(`c error: ${file}: ${answer.reason} at byte ${answer.offset}`);
    return EXIT_ERROR;
  }
  if (!options.isQuiet) print("c UNKNOWN");
  return EXIT_UNKNOWN;
}

/** By rising variable, in lines of a customary length, ended by 0. */
export function modelLines(model: Int32Array): readonly string[] {
  const lines: string[] = [];
  let line = "v";
  const sorted = [...model].sort((one, other) => Math.abs(one) - Math.abs(other));
  for (const value of [...sorted, 0]) {
    const word = ` ${value}`;
    if (line.length + word.length > LINE_LENGTH_MAX) {
      lines.push(line);
      line = "v";
    }
    line += word;
  }
  return [...lines, line];
}
