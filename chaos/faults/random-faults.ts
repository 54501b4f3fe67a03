import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";

export interface RandomFaultsOptions {
  /** Each may come many times. */
  readonly faults: readonly Fault[];
  readonly holdMs: number;
  /** From a heal to the next injection: the cluster is whole for so long. */
  readonly pauseMs: number;
}

/** One fault after another, drawn by the schedule's seed, until healed. One at a time: f is 1. */
export function randomFaults({ faults, holdMs, pauseMs }: RandomFaultsOptions): Fault {
  const stopping = new AbortController();
  const { signal } = stopping;
  const wait = (forMs: number): Promise<unknown> =>
    sleep(forMs, undefined, { signal }).catch(() => undefined);
  const usable = faults.filter((fault) => fault.available() === undefined);
  const counts = new Map<string, number>();
  let ended: Promise<void> = Promise.resolve();
  let failure: unknown;
  return {
    kind: "random-faults",
    available: () => undefined,
    async prepare(stage) {
      for (const fault of usable) await fault.prepare?.(stage);
    },
    inject(stage) {
      const loop = async (): Promise<void> => {
        while (!signal.aborted) {
          const fault = usable[stage.prng.below(usable.length)]!;
          counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
          try {
            await fault.inject(stage);
            await wait(holdMs);
          } finally {
            await fault.heal(stage);
          }
          await wait(pauseMs);
        }
      };
      ended = loop().catch((error: unknown) => {
        failure = error;
      });
      return Promise.resolve();
    },
    async heal() {
      stopping.abort();
      await ended;
      if (failure !== undefined) throw failure;
    },
    missed: () => (counts.size > 0 ? undefined : "nothing was injected"),
    describe: () => [...counts].map(([kind, count]) => `${kind} ${count} times`).join(", "),
  };
}
