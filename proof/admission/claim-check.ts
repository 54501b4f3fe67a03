import { concatBytes } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { CNF_1_ID, CnfCheck } from "../cnf/cnf-1.ts";
import type { Budget } from "../frame/budget.ts";
import type { CheckResult, Refused } from "../frame/check-result.ts";
import { KnownObligations } from "../frame/known-obligations.ts";
import { Meter } from "../frame/meter.ts";
import { judged } from "../frame/stop.ts";
import { METAMATH_1 } from "../metamath/database.ts";
import { metamath1 } from "../metamath/metamath-1.ts";
import { isAxiomPayload } from "../metamath/payload.ts";
import { admissionBudget } from "./checkers.ts";

type HashFunction = (bytes: Uint8Array) => Hash;

/** That a proof, which comes in pieces, proves an obligation from those that it cites. */
export interface Claim {
  readonly kind: string;
  readonly payload: Uint8Array;
  /** Undefined: an axiom, which stands for itself. */
  readonly proofSize: number | undefined;
  /** Payloads of what it cites; their keys are computed here. */
  readonly cited: readonly Uint8Array[];
}

/** One check under the admission budget. What it answers is the same on every machine. */
export interface ClaimCheck {
  /** Keeps no reference to the piece unless the kind needs the whole. */
  push(piece: Uint8Array): void;
  /** Once. */
  finish(): CheckResult;
}

export function startCheck(hash: HashFunction, claim: Claim): ClaimCheck {
  const budget = admissionBudget(claim.kind);
  if (budget === undefined) return decided(declined("kind-unknown", claim.kind));
  if (claim.kind === CNF_1_ID) {
    if (claim.proofSize === undefined) return decided(rejected("proof-missing"));
    return new PieceCnf(claim.payload, budget);
  }
  if (claim.kind === METAMATH_1) return new WholeMetamath(hash, claim, budget);
  return decided(declined("kind-unknown", claim.kind));
}

/** Of a proof at hand. */
export function checkClaim(
  hash: HashFunction,
  claim: Omit<Claim, "proofSize">,
  proof: Uint8Array | undefined,
): CheckResult {
  const check = startCheck(hash, { ...claim, proofSize: proof?.length });
  if (proof !== undefined) check.push(proof);
  return check.finish();
}

/** Memory follows the live clauses, not the proof. */
class PieceCnf implements ClaimCheck {
  #check: CnfCheck | undefined;
  #refused: Refused | undefined;

  constructor(payload: Uint8Array, budget: Budget) {
    this.#run(() => {
      this.#check = new CnfCheck(payload, budget);
    });
  }

  push(piece: Uint8Array): void {
    this.#run(() => this.#check?.push(piece));
  }

  finish(): CheckResult {
    if (this.#refused !== undefined) return this.#refused;
    return judged(() => ({ dependencies: [], cost: this.#check!.finish().cost }));
  }

  #run(work: () => void): void {
    if (this.#refused !== undefined) return;
    const result = judged(work);
    if (result.status === "accept") return;
    this.#refused = result;
    this.#check = undefined;
  }
}

/** Proofs of theorems are small: at most what the budget reads. */
class WholeMetamath implements ClaimCheck {
  readonly #hash: HashFunction;
  readonly #claim: Claim;
  readonly #budget: Budget;
  readonly #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(hash: HashFunction, claim: Claim, budget: Budget) {
    this.#hash = hash;
    this.#claim = claim;
    this.#budget = budget;
  }

  push(piece: Uint8Array): void {
    this.#size += piece.length;
    if (this.#size <= this.#budget.bytesMax) this.#pieces.push(piece.slice());
  }

  finish(): CheckResult {
    const { kind, payload, cited, proofSize } = this.#claim;
    const { bytesMax } = this.#budget;
    if (this.#size > bytesMax) return { status: "resource", reason: "bytes", offset: bytesMax };
    const form = metamath1.judgePayload(payload, this.#budget);
    if (form.status !== "accept") return form;
    if (proofSize === undefined) {
      if (!isAxiomPayload(payload)) return rejected("proof-missing");
      return judged(() => ({ dependencies: [], cost: new Meter(this.#budget).cost() }));
    }
    const known = new KnownObligations(this.#hash, kind);
    for (const one of cited) known.add(one);
    const proof = concatBytes(...this.#pieces);
    return metamath1.check({ payload, proof, cited: known.payloadOf }, this.#budget);
  }
}

function decided(refused: Refused): ClaimCheck {
  return { push: () => undefined, finish: () => refused };
}

function declined(reason: string, detail: string): Refused {
  return { status: "decline", reason, offset: 0, detail };
}

function rejected(reason: string): Refused {
  return { status: "reject", reason, offset: 0 };
}
