import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LIAR } from "../cluster/programs.ts";
import type { Fault } from "./fault.ts";

/** It waits to be asked. */
const LIES_MS_MAX = 60_000;

/** A member that tells these lies from the injection on, whatever its turn, until it is healed. */
export function lyingMemberFault(liar: number, lies: string): Fault {
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
      const deadline = Date.now() + LIES_MS_MAX;
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
