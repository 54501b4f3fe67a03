import type { Meter } from "../../frame/meter.ts";
import { clauseOrder, sortNumbers } from "./clause-order.ts";
import type { ClauseList } from "./clause-order.ts";
import type { NormalForm } from "./normal-form.ts";

/** For each literal of a normal form its canonical literal: a renaming with polarities. */
export type Labelling = Int32Array;

/**
 * Numbers variables in the order in which their literals come, and makes the literal that comes
 * first the positive one.
 */
export function labelInOrder(literalsInOrder: Int32Array, literalCount: number): Labelling {
  const labels = new Int32Array(literalCount).fill(-1);
  let next = 0;
  for (let at = 0; at < literalCount; at++) {
    const literal = literalsInOrder[at]!;
    if (labels[literal]! >= 0) continue;
    labels[literal] = next;
    labels[literal ^ 1] = next + 1;
    next += 2;
  }
  return labels;
}

/** The clauses under a labelling, each sorted, and all in order. */
export function labelledClauses(form: NormalForm, labels: Labelling, meter: Meter): ClauseList {
  const { literals, starts } = form;
  meter.hold(8 * literals.length + 4 * starts.length);
  const mapped = new Int32Array(literals.length);
  for (let at = 0; at < literals.length; at++) mapped[at] = labels[literals[at]!]!;
  for (let clause = 0; clause + 1 < starts.length; clause++) {
    sortNumbers(mapped, starts[clause]!, starts[clause + 1]!);
  }
  const unordered = { literals: mapped, starts };
  const order = clauseOrder(unordered, 2 * form.variableCount, meter);
  const ordered = inOrder(unordered, order);
  meter.release(4 * (literals.length + order.length));
  return ordered;
}

function inOrder({ literals, starts }: ClauseList, order: Int32Array): ClauseList {
  const sorted = new Int32Array(literals.length);
  const sortedStarts = new Int32Array(starts.length);
  let size = 0;
  for (let index = 0; index < order.length; index++) {
    const clause = order[index]!;
    for (let at = starts[clause]!; at < starts[clause + 1]!; at++) sorted[size++] = literals[at]!;
    sortedStarts[index + 1] = size;
  }
  return { literals: sorted, starts: sortedStarts };
}

/** By the sizes and literals of the clauses as they are emitted; 0 is equality of formulas. */
export function compareLists(left: ClauseList, right: ClauseList): number {
  for (let at = 0; at < left.starts.length; at++) {
    const difference = left.starts[at]! - right.starts[at]!;
    if (difference !== 0) return difference;
  }
  for (let at = 0; at < left.literals.length; at++) {
    const difference = left.literals[at]! - right.literals[at]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
