import type { Meter } from "../../frame/meter.ts";

/** Up to here insertion beats the engine's sort with its calls. */
const INSERTION_COUNT_MAX = 12;

/** Clauses one behind the other, as in formula.ts. */
export interface ClauseList {
  readonly literals: Int32Array;
  readonly starts: Int32Array;
}

/**
 * Indexes of the clauses in the order of their literals, a prefix before what it begins. The
 * literals of each clause are sorted already. Costs are counted as if each comparison walked the
 * whole clause.
 */
export function clauseOrder(list: ClauseList, literalBound: number, meter: Meter): Int32Array {
  const { literals, starts } = list;
  const count = starts.length - 1;
  meter.hold(4 * (count + literalBound + 2));
  const order = new Int32Array(count);
  const bucketEnd = new Int32Array(literalBound + 2);
  // Bucket 0 is for the empty clause, 1 + literal for those that begin with it.
  const bucketOf = (clause: number): number =>
    starts[clause] === starts[clause + 1] ? 0 : 1 + literals[starts[clause]!]!;
  for (let clause = 0; clause < count; clause++) bucketEnd[bucketOf(clause)]!++;
  let sum = 0;
  for (let bucket = 0; bucket < bucketEnd.length; bucket++) {
    sum += bucketEnd[bucket]!;
    bucketEnd[bucket] = sum;
  }
  for (let clause = count - 1; clause >= 0; clause--) {
    order[--bucketEnd[bucketOf(clause)]!] = clause;
  }
  const compare = (left: number, right: number): number => compareClauses(list, left, right);
  for (let bucket = 1; bucket < bucketEnd.length; bucket++) {
    const from = bucketEnd[bucket]!;
    const to = bucket + 1 < bucketEnd.length ? bucketEnd[bucket + 1]! : count;
    sortRange(order, from, to, compare);
  }
  meter.spend(literals.length * (2 + Math.ceil(Math.log2(count + 1))));
  meter.release(4 * (literalBound + 2));
  return order;
}

export function compareClauses(
  { literals, starts }: ClauseList,
  left: number,
  right: number,
): number {
  const leftStart = starts[left]!;
  const rightStart = starts[right]!;
  const leftSize = starts[left + 1]! - leftStart;
  const rightSize = starts[right + 1]! - rightStart;
  const shared = Math.min(leftSize, rightSize);
  for (let at = 0; at < shared; at++) {
    const difference = literals[leftStart + at]! - literals[rightStart + at]!;
    if (difference !== 0) return difference;
  }
  return leftSize - rightSize;
}

/** Sorts part of an array of numbers in place, small ones without a call for each comparison. */
export function sortNumbers(array: Int32Array, from: number, to: number): void {
  if (to - from > INSERTION_COUNT_MAX) {
    array.subarray(from, to).sort();
    return;
  }
  for (let next = from + 1; next < to; next++) {
    const value = array[next]!;
    let at = next;
    while (at > from && array[at - 1]! > value) {
      array[at] = array[at - 1]!;
      at--;
    }
    array[at] = value;
  }
}

function sortRange(
  array: Int32Array,
  from: number,
  to: number,
  compare: (left: number, right: number) => number,
): void {
  if (to - from > INSERTION_COUNT_MAX) {
    array.subarray(from, to).sort(compare);
    return;
  }
  for (let next = from + 1; next < to; next++) {
    const value = array[next]!;
    let at = next;
    while (at > from && compare(array[at - 1]!, value) > 0) {
      array[at] = array[at - 1]!;
      at--;
    }
    array[at] = value;
  }
}
