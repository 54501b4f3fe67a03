import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChaosCluster } from "../cluster/chaos-cluster.ts";
import { LIAR } from "../cluster/programs.ts";
import type { Fault } from "./fault.ts";

/** Lies wait for their moment: a proposal, a read, somebody who wants the state. */
const LIES_MS_MAX = 60_000;
/** So long it may be primary without a lie before somebody looks whether it still is. */
const TURN_MS_MAX = 3_000;

/**
 * A replica with its own true key that tells these lies from the injection on, as the primary. It is
 * replica 0, and goes on lying until it is healed. The injection is over once it has told some.
 */
export function byzantineFault(lies: string, lieCountMin = 1): Fault {
  const liar = 0;
  return {
    kind: "byzantine",
    liars: [liar],
    available: () => (existsSync(LIAR) ? undefined : "the liar is not built: npm run build"),
    prepare({ cluster }) {
      cluster.settings[liar]!.lies = lies;
      return Promise.resolve();
    },
    async inject({ cluster }) {
      const deadline = Date.now() + LIES_MS_MAX;
      while (cluster.toldCount(liar) < lieCountMin && Date.now() < deadline) {
        cluster.tell(liar, "be honest");
        await makePrimary(cluster, liar, deadline);
        cluster.tell(liar, "lie");
        const turnEnd = Date.now() + TURN_MS_MAX;
        while (cluster.toldCount(liar) < lieCountMin && Date.now() < turnEnd) await sleep(10);
      }
    },
    heal({ cluster }) {
      if (cluster.pid(liar) !== undefined) cluster.tell(liar, "be honest");
      return Promise.resolve();
    },
    missed: ({ cluster }) => {
      const count = cluster.toldCount(liar);
      return count >= lieCountMin ? undefined : `${count} lies were told, not ${lieCountMin}`;
    },
    describe: () => `replica ${liar} lies: ${lies}`,
  };
}

/** On a busy machine it may have lost its turn for being slow: others lose theirs until it is back. */
async function makePrimary(cluster: ChaosCluster, liar: number, deadline: number): Promise<void> {
  for (;;) {
    const primary = await cluster.primary();
    if (primary === liar || Date.now() > deadline) return;
    await cluster.end(primary, "SIGKILL");
    while ((await cluster.primary()) === primary && Date.now() < deadline) await sleep(50);
    cluster.launch(primary);
    await cluster.ready(primary);
  }
}
