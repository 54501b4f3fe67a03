import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import { QuorateError } from "../../../base/quorate-error.ts";
import type { Hash } from "../../../base/types.ts";
import { checkClaim } from "../../../proof/admission/claim-check.ts";
import { ClosureTable } from "../../../proof/admission/closure-table.ts";
import type { Closure } from "../../../proof/admission/closure-table.ts";
import { beyondClosure, citedKeys } from "../../../proof/admission/closures.ts";
import type { SetProof } from "../../../proof/admission/proof-set.ts";
import type { Page } from "../../../proof/metamath/database-writer.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import { isAxiomPayload } from "../../../proof/metamath/payload.ts";
import type { Labelled } from "./manifest.ts";

/** An obligation with the proofs that a cluster has of it. */
export interface Claimed extends Labelled {
  readonly payload: Uint8Array;
  readonly proofs: readonly Pick<SetProof, "proof" | "axioms">[];
}

/** Of which one proof at least was accepted here. */
interface Checked {
  readonly key: Hash;
  readonly payload: Uint8Array;
  /** Of each accepted proof. */
  readonly closures: Closure[];
}

/** One proof, until it is accepted or refused. */
interface Candidate {
  readonly of: Pending;
  readonly proof: Uint8Array;
  readonly closure: Closure;
}

interface Pending extends Omit<Claimed, "proofs"> {
  /** Proofs that may still be accepted. */
  left: number;
  readonly faults: string[];
}

/** Why a proof does not do: for ever, or until what it cites is accepted, or from fewer axioms. */
type Fault = { readonly wrong: string } | { readonly needs: Hash };

/**
 * Judges the proofs of a database as they come. Each rests on nothing but what was accepted before
 * it; one that cannot yet waits for what it needs, be it a statement or a better proof of one: of
 * several proofs the one from fewer axioms often rests on what comes much later.
 */
export class CheckedPages {
  /** In an order in which each cites what stands before it. */
  readonly pages: Page[] = [];
  readonly #table = new ClosureTable();
  readonly #checked = new Map<string, Checked>();
  /** By the key that they need. */
  readonly #waiting = new Map<string, Candidate[]>();

  /** @throws QuorateError DATABASE_INCOMPLETE: none of its proofs will ever do */
  add({ label, key, payload, proofs }: Claimed): void {
    const of: Pending = { label, key, payload, left: proofs.length, faults: [] };
    if (isAxiomPayload(payload)) {
      const claim = { kind: METAMATH_1, payload, cited: [] };
      const result = checkClaim(nodeCrypto.hash, claim, undefined);
      if (result.status !== "accept") throw incomplete(label, result.reason);
      this.#examine(this.#accept(of, undefined, this.#table.of([key])));
      return;
    }
    if (proofs.length === 0) throw incomplete(label, "it has no proof");
    for (const { proof, axioms } of proofs) {
      // Its own bytes alone: a view would hold all of the set.
      this.#examine([{ of, proof: proof.slice(), closure: this.#table.of(axioms) }]);
    }
  }

  /** @throws QuorateError DATABASE_INCOMPLETE: something is cited that never came, or not so */
  finish(): void {
    for (const [needed, candidates] of this.#waiting) {
      const one = candidates.find(({ of }) => !this.#checked.has(toHex(of.key)));
      if (one === undefined) continue;
      const lacks = this.#checked.has(needed) ? "has no proof from its axioms" : "is not there";
      throw incomplete(one.of.label, `it cites ${needed}, which ${lacks}`);
    }
  }

  /** With whatever can be judged because of it. */
  #examine(candidates: readonly Candidate[]): void {
    const due = [...candidates];
    for (let one = due.pop(); one !== undefined; one = due.pop()) {
      const fault = this.#faultOf(one);
      if (fault === undefined) due.push(...this.#accept(one.of, one.proof, one.closure));
      else if ("needs" in fault) this.#wait(one, toHex(fault.needs));
      else refuse(one.of, fault.wrong);
    }
  }

  #wait(one: Candidate, needed: string): void {
    const waiting = this.#waiting.get(needed);
    if (waiting === undefined) this.#waiting.set(needed, [one]);
    else waiting.push(one);
  }

  /** Answers who waited for it. */
  #accept(
    { label, key, payload }: Pending,
    proof: Uint8Array | undefined,
    closure: Closure,
  ): readonly Candidate[] {
    const text = toHex(key);
    const before = this.#checked.get(text);
    if (before !== undefined) before.closures.push(closure);
    else {
      this.#checked.set(text, { key, payload, closures: [closure] });
      this.pages.push({ label, key, payload, proof });
    }
    const waiting = this.#waiting.get(text) ?? [];
    this.#waiting.delete(text);
    return waiting;
  }

  /** Undefined: it holds, and rests on nothing but what was accepted before it. */
  #faultOf({ of: { payload }, proof, closure }: Candidate): Fault | undefined {
    const keys = citedKeys(METAMATH_1, proof);
    if (keys.status !== "accept") return { wrong: keys.reason };
    const cited: Checked[] = [];
    for (const key of keys.value) {
      const one = this.#checked.get(toHex(key));
      if (one === undefined) return { needs: key };
      cited.push(one);
    }
    const beyond = beyondClosure(this.#table, closure, cited);
    if (beyond !== undefined) {
      // An axiom that is not named will not come to be named; of a theorem a better proof may come.
      if (!isAxiomPayload(beyond.payload)) return { needs: beyond.key };
      return { wrong: "it does not name all its axioms" };
    }
    const claim = { kind: METAMATH_1, payload, cited: cited.map((one) => one.payload) };
    const result = checkClaim(nodeCrypto.hash, claim, proof);
    if (result.status === "accept") return undefined;
    return { wrong: `${result.status} ${result.reason}` };
  }
}

function refuse(of: Pending, why: string): void {
  of.faults.push(why);
  of.left--;
  // One that was accepted counts as left for ever.
  if (of.left === 0) throw incomplete(of.label, of.faults.join("; "));
}

export function incomplete(what: string, why: string): QuorateError {
  return new QuorateError(
    "DATABASE_INCOMPLETE",
    `${what} cannot be written: ${why}`,
    "import the database again: what is missing is published anew",
  );
}
