import { FRAME_CONCLUSION_LENGTH, FRAME_ESSENTIALS, FRAME_HEAD_SIZE } from "./frame-layout.ts";
import { FRAME_PAIRS, FRAME_VARIABLES, VARIABLE_SIZE } from "./frame-layout.ts";
import { conclusionOf, essentialsOf, pairsOf } from "./frame-layout.ts";
import type { GrowingInts } from "./growing-ints.ts";
import type { Statement } from "./statement.ts";

/** The statement of a frame; its variables have their canonical numbers already. */
export function statementOfFrame(pool: Int32Array, frame: number, isAxiom: boolean): Statement {
  const variableCount = pool[frame + FRAME_VARIABLES]!;
  const typecodes = Array.from(
    { length: variableCount },
    (_, index) => pool[frame + FRAME_HEAD_SIZE + VARIABLE_SIZE * index]!,
  );
  const from = conclusionOf(pool, frame);
  const conclusion = [...pool.subarray(from, from + pool[frame + FRAME_CONCLUSION_LENGTH]!)];
  const essentials: number[][] = [];
  let at = essentialsOf(pool, frame);
  while (essentials.length < pool[frame + FRAME_ESSENTIALS]!) {
    const length = pool[at + 1]!;
    essentials.push([...pool.subarray(at + 2, at + 2 + length)]);
    at += 2 + length;
  }
  const pairsFrom = pairsOf(pool, frame);
  const pairs = Array.from({ length: pool[frame + FRAME_PAIRS]! }, (_, index) => {
    const pair = pairsFrom + 2 * index;
    return [pool[pair]!, pool[pair + 1]!] as const;
  });
  return { isAxiom, typecodes, conclusion, essentials, pairs };
}

/**
 * Writes a canonical statement as a frame that pops its arguments in this order: `positions` by
 * hypothesis number, or absent for variables first, then essentials.
 */
export function addFrame(
  pool: GrowingInts,
  statement: Statement,
  positions?: ArrayLike<number>,
): number {
  const { typecodes, conclusion, essentials, pairs } = statement;
  const frame = pool.size;
  for (const part of [typecodes, essentials, pairs, conclusion]) pool.push(part.length);
  const position = (number: number): number => positions?.[number] ?? number;
  typecodes.forEach((typecode, index) => {
    pool.push(typecode);
    pool.push(position(index));
  });
  for (const symbol of conclusion) pool.push(symbol);
  essentials.forEach((essential, index) => {
    pool.push(position(typecodes.length + index));
    pool.push(essential.length);
    for (const symbol of essential) pool.push(symbol);
  });
  for (const [left, right] of pairs) {
    pool.push(left);
    pool.push(right);
  }
  return frame;
}
