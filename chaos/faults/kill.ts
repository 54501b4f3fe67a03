import { named, whom } from "./fault.ts";
import type { Fault, Target } from "./fault.ts";

/** SIGKILL; healed by starting again. */
export function killFault(target: Target): Fault {
  let hit: readonly number[] = [];
  return {
    kind: "process-kill",
    available: () => undefined,
    async inject(stage) {
      hit = await whom(stage, target);
      await Promise.all(hit.map((index) => stage.cluster.end(index, "SIGKILL")));
    },
    async heal({ cluster }) {
      const down = hit.filter((index) => cluster.pid(index) === undefined);
      for (const index of down) cluster.launch(index);
      for (const index of down) await cluster.ready(index);
    },
    describe: () => `SIGKILL for ${named(hit)}`,
  };
}
