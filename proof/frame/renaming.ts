import { equalBytes } from "../../base/bytes.ts";

/**
 * From an asker's variables to those of the canonical form, both counted from 0. An entry holds
 * the canonical variable's number plus one, negative where the polarity is turned over, and 0 for
 * a variable that the canonical form drops. It stays with the asker and maps answers back.
 */
export interface Renaming {
  readonly forward: Int32Array;
}

/** Whether it meets each canonical variable below `variableCount` exactly once. */
export function isBijection(renaming: Renaming, variableCount: number): boolean {
  const met = new Uint8Array(variableCount);
  let count = 0;
  for (const image of renaming.forward) {
    if (image === 0) continue;
    const variable = Math.abs(image) - 1;
    if (variable >= variableCount || met[variable] === 1) return false;
    met[variable] = 1;
    count++;
  }
  return count === variableCount;
}

/** From canonical variable to the asker's, with the same sign; of a bijection. */
export function invert(renaming: Renaming, variableCount: number): Int32Array {
  const backward = new Int32Array(variableCount);
  renaming.forward.forEach((image, variable) => {
    if (image !== 0) backward[Math.abs(image) - 1] = image > 0 ? variable + 1 : -(variable + 1);
  });
  return backward;
}

/** What a canonical form claims: the payload, and the renaming that leads there. */
export interface Canonical {
  /** The canonical text: what is hashed, kept as the entry's statement, and compared. */
  readonly payload: Uint8Array;
  readonly variableCount: number;
  readonly renaming: Renaming;
  /** A weak form is right but may differ between equal obligations: a search ended early. */
  readonly strength: "exact" | "weak";
}

/**
 * Applies the renaming anew, without any search, and compares. So the search for a labelling needs
 * no trust: a wrong one is noticed here, before its key is asked for or its answer believed.
 */
export function verifyRenaming(
  canonical: Canonical,
  rename: (renaming: Renaming) => Uint8Array,
): boolean {
  const { payload, variableCount, renaming } = canonical;
  return isBijection(renaming, variableCount) && equalBytes(rename(renaming), payload);
}
