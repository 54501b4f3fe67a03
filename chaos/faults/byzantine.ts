import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LIAR } from "../cluster/programs.ts";
import type { Fault } from "./fault.ts";

/** Lies wait for their moment: a proposal, a read, somebody who wants the state. */
const FIRST_LIE_MS_MAX = 20_000;

/**
 * A replica with its own true key that tells these lies from the injection on. It is replica 0, the
 * first primary. It goes on lying while it is told to; healed, it is honest again.
 */
export function byzantineFault(lies: string): Fault {
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
      cluster.tell(liar, "lie");
      const deadline = Date.now() + FIRST_LIE_MS_MAX;
      while (cluster.toldCount(liar) === 0 && Date.now() < deadline) await sleep(10);
    },
    heal({ cluster }) {
      if (cluster.pid(liar) !== undefined) cluster.tell(liar, "be honest");
      return Promise.resolve();
    },
    missed: ({ cluster }) => (cluster.toldCount(liar) > 0 ? undefined : "no lie was told"),
    describe: () => `replica ${liar} lies: ${lies}`,
  };
}
