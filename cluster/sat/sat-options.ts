import type { SolverProofForm } from "../../client/proof/cnf-report.ts";
import type { SetupWords } from "../../client/resolve/resolve-setup.ts";

export interface SatOptions {
  /** Undefined: standard input. */
  readonly formulaFile: string | undefined;
  readonly proofFile: string | undefined;
  readonly proofForm: SolverProofForm;
  readonly showsModel: boolean;
  readonly isQuiet: boolean;
  readonly timeoutS: number | undefined;
  /** How the pipeline is wanted; what is not said here the environment may say. */
  readonly setup: SetupWords;
  readonly explains: boolean;
}

export type ParsedSatOptions =
  | { readonly kind: "run"; readonly options: SatOptions }
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "wrong"; readonly message: string };

/** Options of other solvers that change nothing about the answer. */
const IGNORED: ReadonlySet<string> = new Set(["-f", "--force", "--strict", "-v", "--verbose"]);

/** The command line that callers of CaDiCaL use. */
export function parseSatOptions(argv: readonly string[]): ParsedSatOptions {
  const files: string[] = [];
  let [isBinary, isLrat, showsModel, isQuiet] = [true, false, true, false];
  let timeoutS: number | undefined;
  let explains = false;
  const setup: Record<string, string> = {};
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    const setting = /^--(mode|order|provers|peers|cache|recording)=(.+)$/.exec(word);
    const flag = /^--(no-)?(binary|lrat|quiet|witness)(?:=(0|1|true|false))?$/.exec(word);
    if (setting !== null) setup[setting[1]!] = setting[2]!;
    else if (word === "--explain") explains = true;
    else if (flag !== null) {
      const isOn = flag[1] === undefined && flag[3] !== "0" && flag[3] !== "false";
      if (flag[2] === "binary") isBinary = isOn;
      else if (flag[2] === "lrat") isLrat = isOn;
      else if (flag[2] === "quiet") isQuiet = isOn;
      else showsModel = isOn;
    } else if (word === "-h" || word === "--help") return { kind: "help" };
    else if (word === "--version") return { kind: "version" };
    else if (word === "-q") isQuiet = true;
    else if (word === "-n") showsModel = false;
    else if (word === "-t") {
      timeoutS = Number(argv[++at]);
      if (!Number.isInteger(timeoutS) || timeoutS < 1) return wrong("-t wants whole seconds");
    } else if (word.startsWith("-") && word !== "-") {
      if (!IGNORED.has(word)) return wrong(`no option ${word}`);
    } else files.push(word);
  }
  if (files.length > 2) return wrong("at most a formula and a proof are named");
  const [formula, proofFile] = files;
  const proofForm = `${isLrat ? "lrat" : "drat"}${isBinary ? "-binary" : ""}` as SolverProofForm;
  const formulaFile = formula === "-" ? undefined : formula;
  const shown = { showsModel, isQuiet, explains };
  const options = { formulaFile, proofFile, proofForm, timeoutS, setup, ...shown };
  return { kind: "run", options };
}

function wrong(message: string): ParsedSatOptions {
  return { kind: "wrong", message };
}
