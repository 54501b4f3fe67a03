import { toHex } from "../../../base/bytes.ts";
import type { Hash } from "../../../base/types.ts";
import type { CheckResult } from "../../frame/check-result.ts";
import { checkProof } from "../check-proof.ts";
import type { Database } from "../database.ts";
import { PROOF_BUDGET } from "../metamath-1.ts";
import { PageWriter } from "../proof-page.ts";
import { sha256 } from "./small-database.ts";

/** A database as a store of obligations and proofs by key. */
export class Stored {
  readonly database: Database;
  readonly #keys = new Map<number, Hash>();
  readonly #payloads = new Map<string, Uint8Array>();
  readonly #writer: PageWriter;

  constructor(database: Database) {
    this.database = database;
    for (const assertion of database.assertions()) {
      const key = database.keyOf(sha256, assertion);
      this.#keys.set(assertion, key);
      this.#payloads.set(toHex(key), database.payloadOf(assertion));
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

  readonly cited = (key: Hash): Uint8Array | undefined => this.#payloads.get(toHex(key));

  check(payload: Uint8Array, proof: Uint8Array, budget = PROOF_BUDGET): CheckResult {
    return checkProof({ payload, proof, cited: this.cited }, budget);
  }
}
