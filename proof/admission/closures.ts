import { toHex } from "../../base/bytes.ts";
import type { Hash } from "../../base/types.ts";
import type { CheckResult } from "../frame/check-result.ts";
import { Meter } from "../frame/meter.ts";
import { judged } from "../frame/stop.ts";
import { ByteReader } from "../frame/byte-reader.ts";
import { METAMATH_1 } from "../metamath/database.ts";
import { isAxiomPayload } from "../metamath/payload.ts";
import { readProofHead } from "../metamath/proof-object.ts";
import { admissionBudget } from "./checkers.ts";
import type { Closure, ClosureTable } from "./closure-table.ts";
import type { ProofSet, SetProofHead } from "./proof-set.ts";

/** What others may rest on: an obligation, and what each of its accepted proofs rests on. */
export interface Citable {
  readonly key: Hash;
  readonly payload: Uint8Array;
  /** One for each proof; of an axiom itself alone. */
  readonly closures: readonly Closure[];
}

/** Of a set whose form holds. Whether its proofs do is for a checker to say. */
export function citableOf(
  table: ClosureTable,
  key: Hash,
  set: Pick<ProofSet, "kind" | "payload"> & { readonly proofs: readonly SetProofHead[] },
): Citable {
  const isAxiom = set.kind === METAMATH_1 && isAxiomPayload(set.payload);
  const closures = isAxiom ? [[key]] : set.proofs.map(({ axioms }) => axioms);
  return { key, payload: set.payload, closures: closures.map((axioms) => table.of(axioms)) };
}

/** Keys of what a stored proof cites, each once, used or not. */
export function citedKeys(kind: string, proof: Uint8Array): CheckResult<readonly Hash[]> {
  if (kind !== METAMATH_1) return { status: "accept", value: [] };
  const budget = admissionBudget(kind)!;
  return judged(() => {
    const { citations } = readProofHead(new ByteReader(proof), new Meter(budget));
    const byText = new Map(citations.map(({ key }) => [toHex(key), key.slice() as Hash]));
    return [...byText.values()];
  });
}

/**
 * The first thing cited that a proof may not rest on, given what it says that it rests on: an axiom
 * that it does not name, or a theorem all of whose proofs rest on such a one. Undefined: none.
 */
export function beyondClosure(
  table: ClosureTable,
  declared: Closure,
  cited: readonly Citable[],
): Citable | undefined {
  return cited.find(({ closures }) => !closures.some((one) => table.isWithin(one, declared)));
}

/**
 * Whether a set may take another one's place: for each old proof it has one that rests on nothing
 * more. So what could be answered before can be answered after, and since a proof that is replaced
 * never rests on more, no replacement makes two obligations rest on each other.
 */
export function mayFollow(
  table: ClosureTable,
  before: readonly Closure[],
  after: readonly Closure[],
): boolean {
  return before.every((old) => after.some((one) => table.isWithin(one, old)));
}
