import { PIN_COUNT_MAX } from "../../../node/limits.ts";
import { sequence } from "../../../base/types.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/** Promises of so many turns: two intervals' and what a slow store holds back. */
const PROMISE_BYTES_MAX = 8 * 1024 * 1024;
const QUEUE_LENGTH_MAX = 8_192;

/** Logs, queues and memory of correct replicas stay within their bounds, whatever a peer sends. */
export function bounded({ plan }: CheckerFrame): Checker {
  const name = "bounded memory";
  /** L70 keeps the checkpoint before the last: who comes up by committed batches may have passed some. */
  const checkpoints = new WeakMap<object, { stable: number; before: number }>();
  const keptOf = (process: object, stable: number): number => {
    const last = checkpoints.get(process) ?? { stable, before: stable };
    if (stable > last.stable) Object.assign(last, { stable, before: last.stable });
    checkpoints.set(process, last);
    return Math.min(last.before + plan.checkpointInterval, stable);
  };
  return {
    name,
    look(replicas) {
      for (const replica of replicas) {
        const { process } = replica;
        if (!isBound(replica) || process === undefined) continue;
        const { state, loop, machine } = process;
        const { stable, sequence: executed, pendingCount, awaitedCount } = machine.status;
        const queue = loop.queueLength;
        demand(queue <= QUEUE_LENGTH_MAX * plan.memberCount, name, () => `${queue} inputs wait`);
        demand(pendingCount + awaitedCount <= 16_384, name, () => `${pendingCount} sets wait`);
        const { byteCount } = replica.disk;
        demand(byteCount <= PROMISE_BYTES_MAX, name, () => `${byteCount} bytes of promises`);
        // Who begins an epoch behind its first sequence keeps its own versions until it has come after.
        const kept = Math.min(keptOf(process, stable), executed);
        const old = kept - 3 * plan.checkpointInterval;
        let keptCount = 0;
        for (let at = 1; at <= old; at++) if (state.retains(sequence(at))) keptCount++;
        // Roots that somebody transfers, or a liar says so, are pinned; their time has a bound, too.
        const what = (): string => `${keptCount} up to ${old} are still kept at ${executed}`;
        demand(keptCount <= PIN_COUNT_MAX, name, what);
      }
    },
  };
}
