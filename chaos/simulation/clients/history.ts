/**
 * What clients asked and were told, with virtual times in milliseconds: plain data, so that any
 * checker can judge it. An operation without `returnedAt` may have happened or not.
 */
export interface Operation {
  /** The client, from 0. */
  readonly process: number;
  readonly op: "put" | "withdraw" | "read-certified" | "read-session" | "read-linearizable";
  readonly key: string;
  /** Written or read, hex of its digest; undefined: nothing is served under the key. */
  value: string | undefined;
  readonly kind: string;
  /** A versioned put: the version that it says it succeeds. */
  readonly succeeds: number;
  readonly invokedAt: number;
  returnedAt: number | undefined;
  /** Of a put or withdrawal: an OUTCOME_*; of a read: the entry's version. */
  outcome: number;
  /** Of a write: where it was executed; of a read: the certified sequence it was answered under. */
  sequence: number;
}

export class History {
  readonly operations: Operation[] = [];

  begin(operation: Omit<Operation, "returnedAt" | "outcome" | "sequence">): Operation {
    const begun = { ...operation, returnedAt: undefined, outcome: 0, sequence: 0 };
    this.operations.push(begun);
    return begun;
  }
}
