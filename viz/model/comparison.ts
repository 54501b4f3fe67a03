/** How one recording differs from another, told on the rows of the first. */
export interface Comparison {
  /** What the other one is called. */
  readonly title: string;
  /** One byte a row: 1 where the other has no such event. */
  readonly onlyHere: Uint8Array;
  readonly onlyHereCount: number;
  readonly onlyThereCount: number;
  /** The first of this one's events, in order of time, that the other lacks; NONE when it has all. */
  readonly firstRow: number;
}
