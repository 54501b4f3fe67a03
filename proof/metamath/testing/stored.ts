import type { Hash } from "../../../base/types.ts";
import type { CheckResult } from "../../frame/check-result.ts";
import { KnownObligations } from "../../frame/known-obligations.ts";
import { checkProof } from "../check-proof.ts";
import { METAMATH_1 } from "../database.ts";
import type { Database } from "../database.ts";
import { PROOF_BUDGET } from "../metamath-1.ts";
import { PageWriter } from "../proof-page.ts";
import { sha256 } from "./small-database.ts";

/** A database as a store of obligations and proofs by key. */
export class Stored {
  readonly database: Database;
  readonly #keys = new Map<number, Hash>();
  readonly #known = new KnownObligations(sha256, METAMATH_1);
  readonly #writer: PageWriter;

  constructor(database: Database) {
    this.database = database;
    for (const assertion of database.assertions()) {
      this.#keys.set(assertion, this.#known.add(database.payloadOf(assertion)));
    }
    this.#writer = new PageWriter(database, (assertion) => this.keyOf(assertion));
  }

  keyOf(assertion: number): Hash {
    return this.#keys.get(assertion)!;
  }

  payloadOf(label: string): Uint8Array {
    return this.database.payloadOf(this.database.find(label)!);
  }

  proofOf(label: string): Uint8Array {
    return this.#writer.proofOf(this.database.find(label)!);
  }

  readonly cited = (key: Hash): Uint8Array | undefined => this.#known.payloadOf(key);

  check(payload: Uint8Array, proof: Uint8Array, budget = PROOF_BUDGET): CheckResult {
    return checkProof({ payload, proof, cited: this.cited }, budget);
  }
}
