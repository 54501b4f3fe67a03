import { named, whom } from "./fault.ts";
import type { Fault, Target } from "./fault.ts";

/** SIGSTOP: sockets stay open and nobody answers. */
export function pauseFault(target: Target): Fault {
  let hit: readonly number[] = [];
  return {
    kind: "process-pause",
    available: () => undefined,
    async inject(stage) {
      hit = await whom(stage, target);
      for (const index of hit) stage.cluster.signal(index, "SIGSTOP");
    },
    heal({ cluster }) {
      for (const index of hit) cluster.signal(index, "SIGCONT");
      return Promise.resolve();
    },
    describe: () => `SIGSTOP for ${named(hit)}`,
  };
}
