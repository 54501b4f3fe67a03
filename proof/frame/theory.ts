import { compareBytes, concatBytes, toHex, utf8 } from "../../base/bytes.ts";
import { hashParts } from "../../base/hash-parts.ts";
import type { Hash } from "../../base/types.ts";

const THEORY_TAG = utf8("quorate/theory/1\0");

/**
 * What a proof may assume. It belongs to the query, never to the key: one statement may have a
 * proof that one asker may use and another may not, and the key of both is the same. The server
 * filters by it, and the asker filters what the server sends once more.
 */
export class Theory {
  readonly #axioms: ReadonlySet<string>;
  /** Keys of the permitted axioms, ascending. */
  readonly axioms: readonly Hash[];

  constructor(axioms: Iterable<Hash>) {
    const byText = new Map<string, Hash>();
    for (const axiom of axioms) byText.set(toHex(axiom), axiom);
    this.#axioms = new Set(byText.keys());
    this.axioms = [...byText.values()].sort(compareBytes);
  }

  permits(axiom: Hash): boolean {
    return this.#axioms.has(toHex(axiom));
  }

  /** Whether everything that a proof rests on is permitted. */
  admits(closure: Iterable<Hash>): boolean {
    for (const axiom of closure) if (!this.permits(axiom)) return false;
    return true;
  }

  /** Names the set, whatever order it came in. */
  digest(hash: (bytes: Uint8Array) => Hash): Hash {
    return hashParts(hash, THEORY_TAG, concatBytes(...this.axioms));
  }
}

/** A proof with what it rests on, itself through all that it cites. */
export interface RestsOn {
  readonly axioms: readonly Hash[];
}

/** The first of several proofs of one obligation that this asker may use. */
export function admissibleProof<Proof extends RestsOn>(
  proofs: Iterable<Proof>,
  theory: Theory,
): Proof | undefined {
  for (const proof of proofs) if (theory.admits(proof.axioms)) return proof;
  return undefined;
}
