import type { Budget } from "../frame/budget.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import type { Evidence, ProofKind, Schema } from "../frame/proof-kind.ts";
import type { Canonical, Renaming } from "../frame/renaming.ts";
import { judged, reject } from "../frame/stop.ts";
import { canonicalCnf, renameFormula } from "./canonical/canonical-cnf.ts";
import { decodePayload } from "./canonical/payload.ts";
import { checkModel } from "./check-model.ts";
import { parseDimacs } from "./dimacs/parse-dimacs.ts";
import type { Formula } from "./formula.ts";
import { BinaryLratReader } from "./lrat/binary-lrat-reader.ts";
import { LratChecker } from "./lrat/lrat-checker.ts";
import { canonicalNumbering } from "./lrat/numbering.ts";
import { CNF_REASONS } from "./reasons.ts";
import { MODEL, PROOF_HEAD_SIZE, REFUTATION } from "./proof-bytes.ts";

export const CNF_1_ID = "cnf/1";

/**
 * Steps are visits of literals; besides, each byte of formula and proof pays for 256 of them and no
 * more, so that a short proof cannot ask for long work. Memory leaves room for a process of 256 MB.
 */
export const CNF_BUDGET: Budget = {
  stepsMax: 2 ** 40,
  bytesMax: 2 ** 31,
  liveBytesMax: 128 * 2 ** 20,
};

const SCHEMA: Schema = {
  text: "DIMACS CNF",
  payload: "varints: variables, clauses; for each clause its size and literals (2·variable + sign)",
  proof: "1 and binary LRAT in canonical numbers, or 2 and one bit for each variable",
  reasons: CNF_REASONS,
};

/** Satisfiability of propositional formulas: a refutation in LRAT, or a model. */
export const cnf1: ProofKind<Formula> = {
  id: CNF_1_ID,
  checkerVersion: 1,
  budget: CNF_BUDGET,
  schema: SCHEMA,
  parse: (text, budget) => judged(() => parseDimacs(text, new Meter(budget)).formula),
  canonical: (formula, budget): CheckResult<Canonical> =>
    judged(() => canonicalCnf(formula, new Meter(budget))),
  rename: (formula: Formula, renaming: Renaming) =>
    renameFormula(formula, renaming, new Meter(CNF_BUDGET)),
  judgePayload: (payload, budget) =>
    judged(() => {
      decodePayload(payload, new Meter(budget));
      return undefined;
    }),
  check: ({ payload, proof }: Evidence, budget) =>
    judged(() => {
      const check = new CnfCheck(payload, budget);
      check.push(proof);
      return { dependencies: [], cost: check.finish().cost };
    }),
};

export interface CnfAcceptance {
  readonly verdict: "sat" | "unsat";
  readonly cost: ReturnType<Meter["cost"]>;
}

/**
 * Checks a stored proof as it comes, for hosts that do not hold it whole. Runs inside of `judged`:
 * what it refuses leaves by its exits. Memory follows the live clauses, not the proof.
 */
export class CnfCheck {
  readonly #meter: Meter;
  readonly #payload: Uint8Array;
  #inner: RefutationCheck | ModelCheck | undefined;

  constructor(payload: Uint8Array, budget: Budget) {
    this.#meter = new Meter(budget);
    this.#meter.read(payload.length);
    this.#payload = payload;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    if (this.#inner !== undefined) {
      this.#inner.push(chunk);
      return;
    }
    const form = chunk[0]!;
    if (form === REFUTATION) this.#inner = new RefutationCheck(this.#payload, this.#meter);
    else if (form === MODEL) this.#inner = new ModelCheck(this.#payload, this.#meter);
    else reject("proof-form-unknown", 0);
    this.#inner.push(chunk.subarray(PROOF_HEAD_SIZE));
  }

  finish(): CnfAcceptance {
    if (this.#inner === undefined) reject("cut-short", 0);
    const verdict = this.#inner.finish();
    return { verdict, cost: this.#meter.cost() };
  }
}

class RefutationCheck {
  readonly #checker: LratChecker;

  constructor(payload: Uint8Array, meter: Meter) {
    const formula = decodePayload(payload, meter);
    this.#checker = new LratChecker({
      meter,
      reader: new BinaryLratReader(meter, PROOF_HEAD_SIZE),
      numbering: canonicalNumbering,
      formulaBytes: payload.length,
      literalCount: formula.literals.length,
      clauseCount: formula.starts.length - 1,
    });
    this.#checker.addOriginals(formula);
    meter.release(4 * (formula.literals.length + formula.starts.length));
  }

  push(chunk: Uint8Array): void {
    this.#checker.push(chunk);
  }

  finish(): "unsat" {
    this.#checker.finish();
    return "unsat";
  }
}

/** A model is small: a bit for each variable. */
class ModelCheck {
  readonly #payload: Uint8Array;
  readonly #meter: Meter;
  #proof: Uint8Array = Uint8Array.of(MODEL);

  constructor(payload: Uint8Array, meter: Meter) {
    this.#payload = payload;
    this.#meter = meter;
  }

  push(chunk: Uint8Array): void {
    this.#meter.read(chunk.length);
    // No formula has more variables than bytes, so nothing longer can be its model.
    const sizeMax = this.#payload.length + PROOF_HEAD_SIZE;
    if (this.#proof.length + chunk.length > sizeMax) reject("model-size", sizeMax);
    const grown = new Uint8Array(this.#proof.length + chunk.length);
    grown.set(this.#proof);
    grown.set(chunk, this.#proof.length);
    this.#proof = grown;
  }

  finish(): "sat" {
    checkModel(decodePayload(this.#payload, this.#meter), this.#proof, this.#meter);
    return "sat";
  }
}
