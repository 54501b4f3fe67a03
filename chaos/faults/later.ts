import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "./fault.ts";

/** The same fault, so long after those before it in its experiment were injected. */
export function later(afterMs: number, fault: Fault): Fault {
  return {
    ...fault,
    async inject(stage) {
      await sleep(afterMs);
      await fault.inject(stage);
    },
  };
}
