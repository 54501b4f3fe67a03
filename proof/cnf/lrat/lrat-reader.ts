/**
 * One step of an LRAT proof at a time, from chunks of any size. What a step says stands in the
 * reader's own arrays until the next one.
 */
export interface LratReader {
  /** Keeps no reference to the chunk when it has been read to its end by {@link next}. */
  push(chunk: Uint8Array): void;
  /** Undefined: the chunks so far hold no further whole step. */
  next(): LratStep | undefined;
  /** No chunk comes any more; the last step may still be waiting for that. */
  end(): void;
  /** Behind `end` and the last `next`: rejects `cut-short` when the proof ends within a step. */
  expectNoRest(): void;

  /** Of the clause that is added; of a deletion unused. */
  readonly number: number;
  /** Signed, as the proof has them. */
  readonly literals: Int32Array;
  readonly literalCount: number;
  /** Of a deletion: the numbers of the clauses. */
  readonly hints: Int32Array;
  readonly hintCount: number;
  /** Where the step begins in the proof. */
  readonly stepOffset: number;
  /** How far the proof has been read. */
  readonly offset: number;
  /** Where that hint of the present step stands; reads the step a second time. */
  hintOffset(index: number): number;
}

export type LratStep = "add" | "delete";
