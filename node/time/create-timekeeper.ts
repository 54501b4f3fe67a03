import type { Logger } from "../log.ts";
import { parseTimeSources } from "./time-source.ts";
import { Timekeeper } from "./timekeeper.ts";
import type { TimeChange } from "./timekeeper.ts";

/**
 * A replica's timekeeper, which tells its log what becomes of the clock.
 *
 * @throws QuorateError TIME_SERVER
 */
export function createTimekeeper(servers: readonly string[], log: Logger): Timekeeper {
  return new Timekeeper({
    sources: parseTimeSources(servers),
    onChange: (change) => tell(change, log),
  });
}

function tell({ from, to, certain, errorMs }: TimeChange, log: Logger): void {
  const fields = { from, to, certain, errorMs };
  if (to === "DISRUPTED" || !certain) {
    log.warn(fields, "this clock is no judge of time now; the replica goes on voting and serving");
  } else {
    log.info(fields, "clock");
  }
}
