import type { Fault } from "../faults/fault.ts";

/** What the cluster is expected to show beyond the verdicts that hold for every run. */
export interface Mark {
  readonly figure: string;
  readonly most?: number;
  readonly least?: number;
}

export interface Experiment {
  readonly name: string;
  /** One line for people. */
  readonly summary: string;
  /** One of the eight that the project set out with. */
  readonly isFounding?: boolean;
  /** A repetition takes longer where a mark is about a distribution. */
  readonly repetitions: number;
  readonly replicaCount?: number;
  /** How many come who were not there at genesis; absent: nobody. */
  readonly joinerCount?: number;
  /** Rules on links: needs a proxy or namespaces. */
  readonly needsLinks?: boolean;
  /** Made anew for each run. */
  readonly faults: () => readonly Fault[];
  /** From the injection to the heal. */
  readonly holdMs: number;
  /** Proof against the liars must be held by some honest replica at the end. */
  readonly convicts?: boolean;
  readonly marks: readonly Mark[];
}
