import { assertUnreachable } from "../../base/assert.ts";
import { checkerId } from "../../proof/frame/budget.ts";
import type { Budget } from "../../proof/frame/budget.ts";
import { Meter } from "../../proof/frame/meter.ts";
import { judged, reject } from "../../proof/frame/stop.ts";
import { canonicalCnf } from "../../proof/cnf/canonical/canonical-cnf.ts";
import { falseClause } from "../../proof/cnf/check-model.ts";
import { CNF_1_ID, CNF_BUDGET, CnfCheck, cnf1 } from "../../proof/cnf/cnf-1.ts";
import { parseDimacs } from "../../proof/cnf/dimacs/parse-dimacs.ts";
import type { ParsedDimacs } from "../../proof/cnf/dimacs/parse-dimacs.ts";
import { BinaryClausalReader } from "../../proof/cnf/elaborate/binary-clausal-reader.ts";
import { ClausalElaboration } from "../../proof/cnf/elaborate/clausal-elaboration.ts";
import { TextClausalReader } from "../../proof/cnf/elaborate/text-clausal-reader.ts";
import { BinaryLratReader } from "../../proof/cnf/lrat/binary-lrat-reader.ts";
import { LratChecker } from "../../proof/cnf/lrat/lrat-checker.ts";
import { textNumbering } from "../../proof/cnf/lrat/numbering.ts";
import { TextLratReader } from "../../proof/cnf/lrat/text-lrat-reader.ts";
import { REFUTATION } from "../../proof/cnf/proof-bytes.ts";
import { FORMAT_HEAD_SIZE, guessProofFormat } from "../../proof/cnf/proof-format.ts";
import type { CnfProofFormat } from "../../proof/cnf/proof-format.ts";
import { readSolverOutput } from "../../proof/cnf/solver-output.ts";
import type { CnfCheckReport, CnfTask } from "./cnf-report.ts";
import { readHead, readInPieces, readWhole } from "./read-in-pieces.ts";

/** A text beyond it is no formula that a thread of this size could hold. */
export const FORMULA_BYTES_MAX: number = 48 * 2 ** 20;

type Verdict = "sat" | "unsat";
type CheckTask = Extract<CnfTask, { ask: "check" }>;

/** On the worker's thread. */
export function checkTask(task: CheckTask, onProgress: (bytes: number) => void): CnfCheckReport {
  const budget: Budget = { ...CNF_BUDGET, liveBytesMax: task.liveBytesMax };
  const meter = new Meter(budget);
  let format = task.format;
  let file = task.formulaFile;
  const result = judged((): Verdict => {
    const text = readWhole(task.formulaFile, FORMULA_BYTES_MAX);
    meter.hold(text.length);
    const formula = parseDimacs(text, meter);
    meter.release(text.length);
    file = task.proofFile;
    format ??= guessProofFormat(readHead(task.proofFile, FORMAT_HEAD_SIZE));
    return new CheckRun(task.proofFile, formula, meter, budget, onProgress).run(format);
  });
  return {
    status: result.status,
    checker: checkerId(CNF_1_ID, cnf1.checkerVersion, budget),
    format,
    verdict: result.status === "accept" ? result.value : undefined,
    refused: result.status === "accept" ? undefined : { ...result, file },
    cost: meter.cost(),
  };
}

/** Inside of `judged`. */
class CheckRun {
  readonly #proofFile: string;
  readonly #parsed: ParsedDimacs;
  readonly #meter: Meter;
  readonly #budget: Budget;
  readonly #onProgress: (bytes: number) => void;
  #read = 0;

  constructor(
    proofFile: string,
    formula: ParsedDimacs,
    meter: Meter,
    budget: Budget,
    onProgress: (bytes: number) => void,
  ) {
    this.#proofFile = proofFile;
    this.#parsed = formula;
    this.#meter = meter;
    this.#budget = budget;
    this.#onProgress = onProgress;
  }

  run(format: CnfProofFormat): Verdict {
    switch (format) {
      case "lrat":
        return this.#lrat(new TextLratReader(this.#meter));
      case "lrat-binary":
        return this.#lrat(new BinaryLratReader(this.#meter));
      case "model":
        return this.#model();
      case "stored":
        return this.#stored();
      case "drat":
      case "frat":
        return this.#clausal(new TextClausalReader(format, this.#meter));
      case "drat-binary":
        return this.#clausal(new BinaryClausalReader("drat", this.#meter));
      case "frat-binary":
        return this.#clausal(new BinaryClausalReader("frat", this.#meter));
      default:
        return assertUnreachable(format);
    }
  }

  #pieces(take: (piece: Uint8Array) => void): void {
    readInPieces(this.#proofFile, (piece) => {
      take(piece);
      this.#onProgress((this.#read += piece.length));
    });
  }

  #lrat(reader: TextLratReader | BinaryLratReader): Verdict {
    const { formula, variables } = this.#parsed;
    const checker = new LratChecker({
      meter: this.#meter,
      reader,
      numbering: textNumbering(variables),
      formulaBytes: formula.byteCount,
      literalCount: formula.literals.length,
      clauseCount: formula.starts.length - 1,
    });
    checker.addOriginals(formula);
    this.#pieces((piece) => checker.push(piece));
    checker.finish();
    return "unsat";
  }

  #model(): Verdict {
    const { formula, variables } = this.#parsed;
    const text = readWhole(this.#proofFile, FORMULA_BYTES_MAX);
    const model = readSolverOutput(text, variables, this.#meter);
    const fault = falseClause(formula, model);
    if (fault >= 0) reject("model-leaves-clause-false", 0, `clause ${fault + 1}`);
    return "sat";
  }

  #stored(): Verdict {
    const { payload } = canonicalCnf(this.#parsed.formula, this.#meter);
    const check = new CnfCheck(payload, this.#budget);
    this.#pieces((piece) => check.push(piece));
    return check.finish().verdict;
  }

  /** Elaborates, and believes only what the checker says of the result. */
  #clausal(reader: TextClausalReader | BinaryClausalReader): Verdict {
    const { formula, variables } = this.#parsed;
    const canonical = canonicalCnf(formula, this.#meter);
    const input = { canonical, variables, meter: this.#meter };
    const elaboration = new ClausalElaboration(input, reader);
    this.#pieces((piece) => elaboration.push(piece));
    const check = new CnfCheck(canonical.payload, this.#budget);
    check.push(Uint8Array.of(REFUTATION));
    elaboration.finish((chunk) => check.push(chunk));
    return check.finish().verdict;
  }
}
