/**
 * A formula in conjunctive normal form over variables 0 to variableCount−1, numbered by their first
 * occurrence in the text. A literal is 2·variable, plus 1 when negated: so its negation is
 * `literal ^ 1`, and literals index flat arrays.
 */
export interface Formula {
  readonly variableCount: number;
  /** The number that the text gave each variable. */
  readonly names: Int32Array;
  /** All clauses one behind the other, as written: duplicates and tautologies are still there. */
  readonly literals: Int32Array;
  /** Clause i is literals[starts[i]] up to literals[starts[i + 1]]; one entry more than clauses. */
  readonly starts: Int32Array;
  /** Of the text, for budgets that grow with it. */
  readonly byteCount: number;
}

/** DIMACS says −5 for what is here the negated literal of variable 4. */
export function literalOfSigned(signed: number): number {
  return signed > 0 ? 2 * signed - 2 : -2 * signed - 1;
}

export function signedOfLiteral(literal: number): number {
  const number = (literal >>> 1) + 1;
  return (literal & 1) === 0 ? number : -number;
}
