import { compareBytes, toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import { Theory } from "../frame/theory.ts";
import type { Database } from "./database.ts";

/** What a database assumes: all its axioms, of syntax too. */
export function theoryOf(hash: (bytes: Uint8Array) => Hash, database: Database): Theory {
  const keys: Hash[] = [];
  for (const assertion of database.assertions()) {
    if (database.isAxiom(assertion)) keys.push(database.keyOf(hash, assertion));
  }
  return new Theory(keys);
}

/**
 * Keys of the axioms that a theorem rests on, ascending: what is kept beside its proof. Each once,
 * for a database may state an axiom under two labels (set.mm does). Undefined when a proof below it
 * was refused.
 */
export function closureKeys(
  database: Database,
  theorem: number,
  keyOf: (assertion: number) => Hash,
): readonly Hash[] | undefined {
  const keys = database.axiomsOf(theorem)?.map(keyOf);
  return keys && [...new Map(keys.map((key) => [toHex(key), key])).values()].sort(compareBytes);
}
