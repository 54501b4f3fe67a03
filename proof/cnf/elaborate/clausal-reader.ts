/**
 * One step at a time of a proof that only names clauses (DRAT), or names hints that are not relied
 * on (FRAT), from chunks of any size.
 */
export interface ClausalReader {
  push(chunk: Uint8Array): void;
  /** Undefined: the chunks so far hold no further whole step. */
  next(): ClausalStep | undefined;
  end(): void;
  expectNoRest(): void;
  /** Signed, as the proof has them, until the next step is read. */
  readonly literals: Int32Array;
  readonly literalCount: number;
  readonly stepOffset: number;
  readonly offset: number;
}

/** `other`: a step that changes no clauses, such as FRAT's originals. */
export type ClausalStep = "add" | "delete" | "other";
