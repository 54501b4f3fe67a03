import { compareBytes } from "../../base/bytes.ts";
import { ByteWriter } from "../frame/byte-writer.ts";
import type { Meter } from "../frame/meter.ts";
import { OpenOrder, nextTurns } from "./open-order.ts";
import { canonicalPairs, encodePayload } from "./payload.ts";
import type { Statement, Tokens } from "./statement.ts";

/** Numberings tried before the search is called off and the form is weak. */
const LEAVES_MAX = 64;
const UNNUMBERED = -1;

export interface Numbering {
  /** Canonical number of each variable; -1 for one that does not occur. */
  readonly numbers: Int32Array;
  readonly count: number;
  readonly strength: "exact" | "weak";
}

interface Branch {
  readonly numbers: Int32Array;
  count: number;
  /** Essential hypotheses whose variables are not numbered yet. */
  remaining: readonly number[];
}

/**
 * Numbers the variables so that neither their names nor the order of the essential hypotheses
 * shows. The conclusion's come first, by first occurrence. Then, again and again, those of the
 * remaining hypotheses have their turns that look like no other under the numbers given so far.
 * When all look like another, one per orbit of the least is tried (two hypotheses that a swap of
 * their new variables exchanges need no two tries), and the least payload wins.
 */
export function canonicalNumbering(statement: Statement, tokens: Tokens, meter: Meter): Numbering {
  const search = new NumberingSearch(statement, tokens, meter);
  return search.run();
}

/** The statement with its variables renumbered, those that do not occur dropped. */
export function renumber(statement: Statement, numbers: Int32Array): Statement {
  const rename = (symbol: number): number => (symbol < 0 ? ~numbers[~symbol]! : symbol);
  const typecodes: number[] = [];
  statement.typecodes.forEach((typecode, variable) => {
    if (numbers[variable]! >= 0) typecodes[numbers[variable]!] = typecode;
  });
  return {
    isAxiom: statement.isAxiom,
    typecodes,
    conclusion: statement.conclusion.map(rename),
    essentials: statement.essentials.map((essential) => essential.map(rename)),
    pairs: statement.pairs
      .filter(([left, right]) => numbers[left]! >= 0 && numbers[right]! >= 0)
      .map(([left, right]) => [numbers[left]!, numbers[right]!] as const),
  };
}

class NumberingSearch {
  readonly #statement: Statement;
  readonly #tokens: Tokens;
  readonly #meter: Meter;
  readonly #size: number;
  readonly #open: Branch[] = [];
  #best: { readonly payload: Uint8Array; readonly branch: Branch } | undefined;
  #leafCount = 0;
  #strength: "exact" | "weak" = "exact";

  constructor(statement: Statement, tokens: Tokens, meter: Meter) {
    this.#statement = { ...statement, pairs: canonicalPairs(statement.pairs) };
    this.#tokens = tokens;
    this.#meter = meter;
    this.#size = statement.essentials.reduce((sum, { length }) => sum + length, 1);
  }

  run(): Numbering {
    const { conclusion, essentials, typecodes } = this.#statement;
    const numbers = new Int32Array(typecodes.length).fill(UNNUMBERED);
    const first = { numbers, count: 0, remaining: essentials.map((_, index) => index) };
    numberIn(first, conclusion);
    this.#open.push(first);
    for (;;) {
      const branch = this.#open.pop();
      if (branch === undefined) break;
      while (this.#advance(branch));
      this.#leaf(branch);
    }
    const { numbers: found, count } = this.#best!.branch;
    return { numbers: found, count, strength: this.#strength };
  }

  /** Some more hypotheses get their numbers; false when all have them. */
  #advance(branch: Branch): boolean {
    const { essentials } = this.#statement;
    branch.remaining = branch.remaining.filter((index) =>
      bringsVariable(branch, essentials[index]!),
    );
    if (branch.remaining.length === 0) return false;
    this.#meter.spend(branch.remaining.length * this.#size);
    const { single, alike } = nextTurns([...branch.remaining], this.#comparison(branch));
    for (const index of single) numberIn(branch, essentials[index]!);
    if (single.length === 0) this.#fork(branch, this.#orbits(branch, alike));
    return true;
  }

  #fork(branch: Branch, [chosen, ...others]: readonly number[]): void {
    const { essentials } = this.#statement;
    for (const other of others) {
      if (this.#leafCount + this.#open.length + 1 >= LEAVES_MAX) {
        this.#strength = "weak";
        break;
      }
      const twin = { ...branch, numbers: branch.numbers.slice() };
      numberIn(twin, essentials[other]!);
      this.#open.push(twin);
    }
    numberIn(branch, essentials[chosen!]!);
  }

  #comparison(branch: Branch): (left: number, right: number) => number {
    const { essentials, typecodes } = this.#statement;
    const order = new OpenOrder(
      {
        numberOf: (variable) => branch.numbers[variable]!,
        typecodeOf: (variable) => typecodes[variable]!,
      },
      this.#tokens,
    );
    return (left, right) => {
      const [one, other] = [essentials[left]!, essentials[right]!];
      // Looking for where a fresh variable came first is what makes it quadratic.
      this.#meter.spend(one.length * one.length);
      return order.compare(one, 0, one.length, other, 0, other.length);
    };
  }

  #leaf(branch: Branch): void {
    this.#leafCount++;
    const first = this.#best === undefined && this.#open.length === 0;
    const payload = first ? new Uint8Array(0) : this.#payloadOf(branch);
    if (this.#best === undefined || compareBytes(payload, this.#best.payload) < 0) {
      this.#best = { payload, branch };
    }
  }

  #payloadOf(branch: Branch): Uint8Array {
    this.#meter.spend(this.#size);
    const writer = new ByteWriter();
    encodePayload(renumber(this.#statement, branch.numbers), this.#tokens, writer);
    return writer.finish();
  }

  /** One of each set of hypotheses that symmetries of the rest exchange. */
  #orbits(branch: Branch, alike: readonly number[]): readonly number[] {
    const chosen: number[] = [];
    for (const index of alike) {
      if (!chosen.some((other) => this.#isExchangeable(branch, other, index))) chosen.push(index);
    }
    return chosen;
  }

  /** Whether swapping what is new in the one with what is new in the other changes nothing. */
  #isExchangeable(branch: Branch, one: number, other: number): boolean {
    const { essentials, pairs } = this.#statement;
    const swap = swapOf(branch.numbers, essentials[one]!, essentials[other]!);
    if (swap === undefined) return false;
    this.#meter.spend(2 * this.#size + pairs.length);
    const image = (variable: number): number => swap.get(variable) ?? variable;
    const before = branch.remaining.map((index) => essentials[index]!.join());
    const after = branch.remaining.map((index) =>
      essentials[index]!.map((symbol) => (symbol < 0 ? ~image(~symbol) : symbol)).join(),
    );
    if (!sameMembers(before, after)) return false;
    const pairName = (left: number, right: number): string =>
      left < right ? `${left},${right}` : `${right},${left}`;
    return sameMembers(
      pairs.map(([left, right]) => pairName(left, right)),
      pairs.map(([left, right]) => pairName(image(left), image(right))),
    );
  }
}

function bringsVariable(branch: Branch, expression: readonly number[]): boolean {
  return expression.some((symbol) => symbol < 0 && branch.numbers[~symbol]! < 0);
}

function numberIn(branch: Branch, expression: readonly number[]): void {
  for (const symbol of expression) {
    if (symbol < 0 && branch.numbers[~symbol]! < 0) branch.numbers[~symbol] = branch.count++;
  }
}

/** Position by position; undefined where the exchange would not be its own inverse. */
function swapOf(
  numbers: Int32Array,
  one: readonly number[],
  other: readonly number[],
): ReadonlyMap<number, number> | undefined {
  const swap = new Map<number, number>();
  for (let at = 0; at < one.length; at++) {
    const [left, right] = [~one[at]!, ~other[at]!];
    if (one[at]! >= 0 || numbers[left]! >= 0) continue;
    if ((swap.get(left) ?? right) !== right || (swap.get(right) ?? left) !== left) return undefined;
    swap.set(left, right);
    swap.set(right, left);
  }
  return swap;
}

function sameMembers(left: readonly string[], right: readonly string[]): boolean {
  const [one, other] = [[...left].sort(), [...right].sort()];
  return one.every((member, index) => member === other[index]);
}
