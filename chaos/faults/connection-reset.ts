import type { Fault } from "./fault.ts";

/** Ends random connections between replicas, again and again. */
export function connectionResetFault(everyMs: number): Fault {
  let timer: NodeJS.Timeout | undefined;
  let count = 0;
  return {
    kind: "connection-reset",
    available: () => undefined,
    inject({ cluster, prng }) {
      timer = setInterval(() => {
        const left = prng.below(cluster.replicaCount);
        const right = (left + 1 + prng.below(cluster.replicaCount - 1)) % cluster.replicaCount;
        cluster.network.reset(left, right);
        count++;
      }, everyMs);
      return Promise.resolve();
    },
    heal() {
      clearInterval(timer);
      return Promise.resolve();
    },
    missed: () => (count > 0 ? undefined : "no connection was reset"),
    describe: () => `${count} times the connection of a random pair ended`,
  };
}
