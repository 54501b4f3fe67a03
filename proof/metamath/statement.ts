import type { ByteWriter } from "../frame/byte-writer.ts";

/**
 * An assertion taken out of its database: what a key is made of. Variables are numbered from 0 in
 * any order; the canonical form numbers them anew. A symbol is a token's number or ~variable.
 */
export interface Statement {
  readonly isAxiom: boolean;
  /** Typecode of each variable, a token's number. */
  readonly typecodes: readonly number[];
  readonly conclusion: readonly number[];
  readonly essentials: readonly (readonly number[])[];
  /** Pairs that must be distinct, in any order, each perhaps twice. */
  readonly pairs: readonly (readonly [number, number])[];
}

/** A token's bytes and their order, wherever they are kept. */
export interface Tokens {
  write(token: number, writer: ByteWriter): void;
  compare(left: number, right: number): number;
  textOf(token: number): string;
}

/**
 * The order of essential hypotheses, once all variables have numbers: the shorter first, then
 * symbol by symbol, variables by number before constants by their bytes. By nothing that a
 * renaming or a reordering could change.
 */
export function compareExpressions(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  tokens: Tokens,
): number {
  if (left.length !== right.length) return left.length - right.length;
  for (let index = 0; index < left.length; index++) {
    const difference = compareSymbols(left[index]!, right[index]!, tokens);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareSymbols(left: number, right: number, tokens: Tokens): number {
  if (left < 0 && right < 0) return ~left - ~right;
  if (left < 0 || right < 0) return left < 0 ? -1 : 1;
  return tokens.compare(left, right);
}
