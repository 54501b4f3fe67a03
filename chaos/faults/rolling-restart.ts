import { named, whom } from "./fault.ts";
import type { Fault, Target } from "./fault.ts";

/** SIGTERM and a new start, one after another; each is ready before the next one goes. */
export function rollingRestartFault(target: Target): Fault {
  let hit: readonly number[] = [];
  return {
    kind: target === "all" ? "rolling-restart" : "process-restart",
    available: () => undefined,
    async inject(stage) {
      hit = await whom(stage, target);
      for (const index of hit) {
        await stage.cluster.end(index, "SIGTERM");
        stage.cluster.launch(index);
        await stage.cluster.ready(index);
      }
    },
    async heal({ cluster }) {
      for (const index of hit) if (cluster.pid(index) === undefined) cluster.launch(index);
      for (const index of hit) await cluster.ready(index);
    },
    describe: () => `SIGTERM and a new start for ${named(hit)}, one by one`,
  };
}
