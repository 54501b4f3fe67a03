import type { Tokens } from "./statement.ts";

/** What is known of variables while they are being numbered. */
export interface OpenNumbers {
  /** -1: not numbered yet. */
  numberOf(variable: number): number;
  /** A token. */
  typecodeOf(variable: number): number;
}

export interface Turns {
  /** Those that look like no other: they are numbered in this order. */
  readonly single: readonly number[];
  /** When there is none of those: all that look like the least. */
  readonly alike: readonly number[];
}

/** Whose variables are numbered next, by their looks alone. Sorts the list that it is given. */
export function nextTurns(
  candidates: number[],
  compare: (left: number, right: number) => number,
): Turns {
  candidates.sort(compare);
  const single: number[] = [];
  let alike: readonly number[] = [];
  for (let from = 0; from < candidates.length;) {
    let to = from + 1;
    while (to < candidates.length && compare(candidates[from]!, candidates[to]!) === 0) to++;
    if (to === from + 1) single.push(candidates[from]!);
    else if (alike.length === 0) alike = candidates.slice(from, to);
    from = to;
  }
  return { single, alike };
}

const NUMBERED = 0;
const FRESH = 1;
const CONSTANT = 2;

/**
 * The order of hypotheses while some of their variables have no number: the shorter first, then
 * symbol by symbol; numbered variables by number, then others by where in the hypothesis they came
 * first and what type they have, then constants by their bytes. 0: alike, up to fresh variables.
 * By nothing that a renaming or a reordering could change.
 */
export class OpenOrder {
  readonly #numbers: OpenNumbers;
  readonly #tokens: Tokens;

  constructor(numbers: OpenNumbers, tokens: Tokens) {
    this.#numbers = numbers;
    this.#tokens = tokens;
  }

  compare(
    left: ArrayLike<number>,
    leftFrom: number,
    leftLength: number,
    right: ArrayLike<number>,
    rightFrom: number,
    rightLength: number,
  ): number {
    if (leftLength !== rightLength) return leftLength - rightLength;
    for (let index = 0; index < leftLength; index++) {
      const [one, other] = [left[leftFrom + index]!, right[rightFrom + index]!];
      const kind = this.#kindOf(one);
      const otherKind = this.#kindOf(other);
      if (kind !== otherKind) return kind - otherKind;
      if (kind === CONSTANT) {
        if (one !== other) return this.#tokens.compare(one, other);
        continue;
      }
      const difference =
        kind === NUMBERED
          ? this.#numbers.numberOf(~one) - this.#numbers.numberOf(~other)
          : this.#compareFresh(left, leftFrom, right, rightFrom, index);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  #kindOf(symbol: number): number {
    if (symbol >= 0) return CONSTANT;
    return this.#numbers.numberOf(~symbol) >= 0 ? NUMBERED : FRESH;
  }

  #compareFresh(
    left: ArrayLike<number>,
    leftFrom: number,
    right: ArrayLike<number>,
    rightFrom: number,
    index: number,
  ): number {
    const place = firstPlace(left, leftFrom, index);
    const difference = place - firstPlace(right, rightFrom, index);
    if (difference !== 0 || place < index) return difference;
    return this.#tokens.compare(
      this.#numbers.typecodeOf(~left[leftFrom + index]!),
      this.#numbers.typecodeOf(~right[rightFrom + index]!),
    );
  }
}

function firstPlace(symbols: ArrayLike<number>, from: number, index: number): number {
  let at = 0;
  while (symbols[from + at] !== symbols[from + index]) at++;
  return at;
}
