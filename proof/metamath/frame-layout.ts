/**
 * A frame is what can be cited: an assertion with its mandatory hypotheses, as numbers in a pool.
 * A symbol is a token's number (a constant) or ~k, the frame's k-th variable in canonical order.
 * An expression is its typecode followed by its symbols.
 *
 *   frame + 0  number of variables V
 *         + 1  number of essential hypotheses E
 *         + 2  number of pairs of variables that must be distinct
 *         + 3  length of the conclusion
 *         + 4  V times: typecode, stack position
 *              the conclusion
 *              E times, in canonical order: stack position, length, expression
 *              pairs i < j, ascending
 *
 * In front of the frame of a database's assertion stand its V + E hypotheses' statements, by stack
 * position.
 *
 * A stack position, from 0 to V + E - 1, says in which order a proof that cites the frame pushes
 * the arguments: the order of the source, which is no part of the canonical form.
 */
export const FRAME_VARIABLES = 0;
export const FRAME_ESSENTIALS = 1;
export const FRAME_PAIRS = 2;
export const FRAME_CONCLUSION_LENGTH = 3;
export const FRAME_HEAD_SIZE = 4;
export const VARIABLE_SIZE = 2;

/** Honest ones reach 11,548 symbols; a substitution of substitutions reaches any number. */
export const EXPRESSION_SYMBOLS_MAX = 2 ** 20;
/** Of one proof; honest ones reach 121,529. */
export const PROOF_SYMBOLS_MAX = 2 ** 24;

export function conclusionOf(pool: Int32Array, frame: number): number {
  return frame + FRAME_HEAD_SIZE + VARIABLE_SIZE * pool[frame]!;
}

export function essentialsOf(pool: Int32Array, frame: number): number {
  return conclusionOf(pool, frame) + pool[frame + FRAME_CONCLUSION_LENGTH]!;
}

/** How many arguments a citation pops. */
export function argumentCount(pool: Int32Array, frame: number): number {
  return pool[frame]! + pool[frame + FRAME_ESSENTIALS]!;
}

/** Where the pairs start: behind the essential hypotheses. */
export function pairsOf(pool: Int32Array, frame: number): number {
  let at = essentialsOf(pool, frame);
  for (let count = pool[frame + FRAME_ESSENTIALS]!; count > 0; count--) at += 2 + pool[at + 1]!;
  return at;
}

/** Hypothesis numbers (variables, then essentials) by stack position. */
export function stackOrder(pool: Int32Array, frame: number): Int32Array {
  const order = new Int32Array(argumentCount(pool, frame));
  const variableCount = pool[frame]!;
  for (let index = 0; index < variableCount; index++) {
    order[pool[frame + FRAME_HEAD_SIZE + VARIABLE_SIZE * index + 1]!] = index;
  }
  let at = essentialsOf(pool, frame);
  for (let index = 0; index < pool[frame + FRAME_ESSENTIALS]!; index++) {
    order[pool[at]!] = variableCount + index;
    at += 2 + pool[at + 1]!;
  }
  return order;
}

/** The statement of a mandatory hypothesis, in a database's pool. */
export function hypothesisAt(pool: Int32Array, frame: number, position: number): number {
  return pool[frame - argumentCount(pool, frame) + position]!;
}
