import { toHex } from "../../../base/bytes.ts";
import { nodeCrypto } from "../../../base/host/node-crypto.ts";
import type { Hash } from "../../../base/types.ts";
import { admissionChecker } from "../../../proof/admission/checkers.ts";
import { citedKeys } from "../../../proof/admission/closures.ts";
import { encodeProofSet } from "../../../proof/admission/proof-set.ts";
import { Theory } from "../../../proof/frame/theory.ts";
import { METAMATH_1 } from "../../../proof/metamath/database.ts";
import type { Database } from "../../../proof/metamath/database.ts";
import { closureKeys } from "../../../proof/metamath/database-theory.ts";
import { PageWriter } from "../../../proof/metamath/proof-page.ts";
import type { NewProof } from "../publish-proofs.ts";
import { meaningOf } from "../publish-proofs.ts";

/** One axiom or theorem of a database, as it is published. */
export interface DatabasePage {
  readonly label: string;
  readonly key: Hash;
  /** Undefined: stated before, by a proof that rests on nothing more. */
  readonly page: NewPage | undefined;
}

export type NewPage =
  /** The first of its obligation: a set of its own. */
  | { readonly type: "set"; readonly value: Uint8Array; readonly meaning: Hash }
  /** Stated before, but proved from other axioms: to be added to the set. */
  | { readonly type: "more"; readonly proof: NewProof };

/** All that a database says whose proofs were accepted, in its order. */
export class DatabasePages {
  readonly #database: Database;
  readonly #keys = new Map<number, Hash>();
  readonly #writer: PageWriter;
  /** Of each obligation the assertions whose proofs are published. What they rest on takes room. */
  readonly #published = new Map<string, readonly number[]>();

  constructor(database: Database) {
    this.#database = database;
    this.#writer = new PageWriter(database, (assertion) => this.#keyOf(assertion));
  }

  *[Symbol.iterator](): Generator<DatabasePage> {
    for (const assertion of this.#database.assertions()) yield this.#pageOf(assertion);
  }

  #keyOf(assertion: number): Hash {
    const known = this.#keys.get(assertion);
    if (known !== undefined) return known;
    const key = this.#database.keyOf(nodeCrypto.hash, assertion);
    this.#keys.set(assertion, key);
    return key;
  }

  #pageOf(assertion: number): DatabasePage {
    const key = this.#keyOf(assertion);
    const label = this.#database.labelOf(assertion);
    const payload = this.#database.payloadOf(assertion);
    const published = this.#published.get(toHex(key)) ?? [];
    if (this.#database.isAxiom(assertion)) {
      if (published.length > 0) return { label, key, page: undefined };
      this.#published.set(toHex(key), [assertion]);
      return { label, key, page: setPage(payload, []) };
    }
    const proof = this.#writer.proofOf(assertion);
    if (published.length > 0 && (this.#isHeld(published, assertion) || cites(proof, key))) {
      return { label, key, page: undefined };
    }
    this.#published.set(toHex(key), [...published, assertion]);
    const axioms = this.#axiomsOf(assertion);
    if (published.length === 0) return { label, key, page: setPage(payload, [{ axioms, proof }]) };
    const obligation = { kind: METAMATH_1, payload };
    return { label, key, page: { type: "more", proof: { obligation, proof, axioms } } };
  }

  #isHeld(published: readonly number[], assertion: number): boolean {
    const theory = new Theory(this.#axiomsOf(assertion));
    return published.some((one) => theory.admits(this.#axiomsOf(one)));
  }

  #axiomsOf(assertion: number): readonly Hash[] {
    if (this.#database.isAxiom(assertion)) return [this.#keyOf(assertion)];
    return closureKeys(this.#database, assertion, (one) => this.#keyOf(one)) ?? [];
  }
}

/** A later statement of the same words may be proved by an earlier one: that proves nothing here. */
function cites(proof: Uint8Array, key: Hash): boolean {
  const keys = citedKeys(METAMATH_1, proof);
  return keys.status === "accept" && keys.value.some((one) => toHex(one) === toHex(key));
}

function setPage(
  payload: Uint8Array,
  proofs: readonly { readonly axioms: readonly Hash[]; readonly proof: Uint8Array }[],
): NewPage {
  const checker = admissionChecker(METAMATH_1) ?? "";
  const named = proofs.map((proof) => ({ checker, ...proof }));
  const value = encodeProofSet({ kind: METAMATH_1, payload, proofs: named });
  return { type: "set", value, meaning: meaningOf(METAMATH_1, value) };
}
