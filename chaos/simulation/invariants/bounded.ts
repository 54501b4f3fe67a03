import { sequence } from "../../../base/types.ts";
import type { Checker, CheckerFrame } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/** Promises of so many turns: two intervals' and what a slow store holds back. */
const PROMISE_BYTES_MAX = 8 * 1024 * 1024;
const QUEUE_LENGTH_MAX = 8_192;

/** Logs, queues and memory of correct replicas stay within their bounds, whatever a peer sends. */
export function bounded({ plan }: CheckerFrame): Checker {
  const name = "bounded memory";
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
        const old = stable - 3 * plan.checkpointInterval;
        const isKept = old > 0 && state.retains(sequence(old));
        // Somebody may be transferring that very root.
        demand(!isKept || executed < old + 64, name, () => `${old} is still kept at ${executed}`);
      }
    },
  };
}
