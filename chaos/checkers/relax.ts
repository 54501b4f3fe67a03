import type { Operation } from "./operation.ts";

/** How old a certified read may be, as the client's default has it. */
export const FRESHNESS_MS_MAX = 5000;

export interface Relaxed {
  readonly operations: readonly Operation[];
  /** For {@link searchOrder}. */
  readonly after: Int32Array;
}

/**
 * What the weaker reads promise, put as a question that the search can answer:
 *
 * 1. A session read may show any state up to its end, but none before what its process has seen or
 *    done: it may be placed as early as it likes, after the process's last finished operation.
 * 2. A certified read is the same, and began at most `freshnessMsMax` earlier than it was called.
 * 3. Linearizable operations are left as they are.
 *
 * Within one key. That sessions do not go back from one key to another is shown by their
 * sequences: session-order.ts.
 */
export function relax(
  operations: readonly Operation[],
  freshnessMsMax: number = FRESHNESS_MS_MAX,
): Relaxed {
  const after = new Int32Array(operations.length).fill(-1);
  const last = new Map<number, number>();
  const byCall = operations.map((_, index) => index);
  byCall.sort((left, right) => operations[left]!.call - operations[right]!.call || left - right);
  for (const index of byCall) {
    const { process, consistency, return: end } = operations[index]!;
    const before = last.get(process);
    if (before !== undefined && isWeak(consistency)) after[index] = before;
    if (end !== Infinity) last.set(process, index);
  }
  return {
    after,
    operations: operations.map((operation) => {
      if (!isWeak(operation.consistency)) return operation;
      const earlier = operation.consistency === "session" ? Infinity : freshnessMsMax;
      return { ...operation, call: operation.call - earlier };
    }),
  };
}

function isWeak(consistency: Operation["consistency"]): boolean {
  return consistency === "session" || consistency === "certified";
}
