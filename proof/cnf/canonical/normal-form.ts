import type { Meter } from "../../frame/meter.ts";
import type { Formula } from "../formula.ts";
import { IntList } from "../int-list.ts";
import { clauseOrder, compareClauses, sortNumbers } from "./clause-order.ts";
import type { ClauseList } from "./clause-order.ts";

/**
 * A formula without what changes nothing: duplicate literals, tautologies, duplicate clauses,
 * variables that then occur nowhere. With an empty clause it is that clause alone.
 */
export interface NormalForm extends ClauseList {
  /** Numbered anew by first occurrence. */
  readonly variableCount: number;
  /** The formula's variable of each. */
  readonly variables: Int32Array;
  /**
   * For each clause of the formula the normal clause that it became, −1 for a tautology and for
   * whatever stands beside an empty clause.
   */
  readonly clauseImages: Int32Array;
}

export function normalForm(formula: Formula, meter: Meter): NormalForm {
  const reduced = reduceClauses(formula, meter);
  if (reduced.emptyClause >= 0) return onlyEmptyClause(formula, reduced.emptyClause, meter);
  const first = firstOfEqual(reduced, 2 * formula.variableCount, meter);
  return renumber(formula, reduced, first, meter);
}

interface Reduced extends ClauseList {
  /** The reduced clause of each clause of the formula, −1 for a tautology. */
  readonly images: Int32Array;
  /** Index in the formula, −1 for none. */
  readonly emptyClause: number;
}

/** Literals of each clause sorted and unique, tautologies dropped. */
function reduceClauses(formula: Formula, meter: Meter): Reduced {
  const count = formula.starts.length - 1;
  meter.hold(4 * count);
  const images = new Int32Array(count);
  const literals = new IntList(meter, formula.literals.length);
  const starts = new IntList(meter, formula.starts.length);
  starts.push(0);
  let emptyClause = -1;
  for (let clause = 0; clause < count; clause++) {
    const from = literals.length;
    for (let at = formula.starts[clause]!; at < formula.starts[clause + 1]!; at++) {
      literals.items[literals.length++] = formula.literals[at]!;
    }
    const isTautology = reduceLast(literals, from);
    if (isTautology) literals.length = from;
    else starts.push(literals.length);
    images[clause] = isTautology ? -1 : starts.length - 2;
    if (literals.length === from && !isTautology && emptyClause < 0) emptyClause = clause;
  }
  meter.spend(2 * formula.literals.length);
  return { literals: literals.take(), starts: starts.take(), images, emptyClause };
}

/** Sorts what stands from `from` on and drops duplicates; true for a tautology. */
function reduceLast(list: IntList, from: number): boolean {
  const { items } = list;
  sortNumbers(items, from, list.length);
  let to = from;
  for (let at = from; at < list.length; at++) {
    const literal = items[at]!;
    if (to > from && items[to - 1] === literal) continue;
    if (to > from && items[to - 1] === (literal ^ 1)) return true;
    items[to++] = literal;
  }
  list.length = to;
  return false;
}

/** For each reduced clause the first in the text that equals it. */
function firstOfEqual(reduced: Reduced, literalBound: number, meter: Meter): Int32Array {
  const order = clauseOrder(reduced, literalBound, meter);
  meter.hold(4 * order.length);
  const first = new Int32Array(order.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    let least = order[from]!;
    while (to < order.length && compareClauses(reduced, order[from]!, order[to]!) === 0) {
      least = Math.min(least, order[to]!);
      to++;
    }
    for (let at = from; at < to; at++) first[order[at]!] = least;
    from = to;
  }
  meter.release(4 * order.length);
  return first;
}

function renumber(
  formula: Formula,
  { literals, starts, images }: Reduced,
  first: Int32Array,
  meter: Meter,
): NormalForm {
  meter.hold(8 * formula.variableCount + 4 * (literals.length + starts.length));
  const number = new Int32Array(formula.variableCount).fill(-1);
  const variables = new Int32Array(formula.variableCount);
  const kept = new Int32Array(literals.length);
  const keptStarts = new Int32Array(starts.length);
  const position = new Int32Array(first.length);
  let [variableCount, size, count] = [0, 0, 0];
  for (let clause = 0; clause < first.length; clause++) {
    if (first[clause] !== clause) continue;
    for (let at = starts[clause]!; at < starts[clause + 1]!; at++) {
      const variable = literals[at]! >>> 1;
      if (number[variable]! < 0) {
        variables[variableCount] = variable;
        number[variable] = variableCount++;
      }
      kept[size++] = 2 * number[variable]! + (literals[at]! & 1);
    }
    sortNumbers(kept, keptStarts[count]!, size);
    position[clause] = count;
    keptStarts[++count] = size;
  }
  return {
    variableCount,
    variables: variables.slice(0, variableCount),
    literals: kept.slice(0, size),
    starts: keptStarts.slice(0, count + 1),
    clauseImages: images.map((image) => (image < 0 ? -1 : position[first[image]!]!)),
  };
}

function onlyEmptyClause(formula: Formula, emptyClause: number, meter: Meter): NormalForm {
  meter.hold(4 * formula.starts.length);
  const clauseImages = new Int32Array(formula.starts.length - 1).fill(-1);
  clauseImages[emptyClause] = 0;
  return {
    variableCount: 0,
    variables: new Int32Array(0),
    literals: new Int32Array(0),
    starts: Int32Array.of(0, 0),
    clauseImages,
  };
}
