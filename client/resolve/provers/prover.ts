import type { CnfProofFormat } from "../../../proof/cnf/proof-format.ts";

/** A solver on this machine that is given DIMACS and, for some, the name of a proof file. */
export interface Prover {
  readonly name: string;
  /** A name to be found on the path, or a file. */
  readonly command: string;
  /** `{formula}`, `{proof}` and `{answer}` stand for files. */
  readonly arguments: readonly string[];
  /** What it writes to `{proof}`, or to be guessed from it; undefined: it proves nothing. */
  readonly proofFormat: CnfProofFormat | "guess" | undefined;
  /** Where it tells its answer. */
  readonly answerIn: "output" | "file";
  readonly limits?: Partial<ProverLimits> | undefined;
}

export interface ProverLimits {
  readonly timeMsMax: number;
  readonly memoryBytesMax: number;
  /** Of each file that it writes. */
  readonly outputBytesMax: number;
}

/** Debian's solvers, as they are called. */
export const KNOWN_PROVERS: readonly Prover[] = [
  {
    name: "cadical",
    command: "cadical",
    arguments: ["-q", "{formula}", "{proof}"],
    proofFormat: "drat-binary",
    answerIn: "output",
  },
  {
    name: "cryptominisat5",
    command: "cryptominisat5",
    arguments: ["--verb", "0", "{formula}", "{proof}"],
    proofFormat: "guess",
    answerIn: "output",
  },
  {
    name: "minisat",
    command: "minisat",
    arguments: ["-verb=0", "{formula}", "{answer}"],
    proofFormat: undefined,
    answerIn: "file",
  },
];
