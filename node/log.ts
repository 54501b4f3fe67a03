import { pino } from "pino";
import type { Logger } from "pino";

export type { Logger } from "pino";

/**
 * Levels say who must act: `fatal` and `error` an operator now, `warn` an operator some day,
 * `info` nobody (start, stop, view, transfer), `debug` a developer. Nothing that a stranger can
 * cause stands above `debug`: a flood of garbage must not fill the disk.
 */
export function createLog(options: {
  readonly level: string;
  /** At genesis; undefined: it came later. */
  readonly index: number | undefined;
  readonly destination?: { write(line: string): void };
}): Logger {
  const settings = { level: options.level, base: { replica: options.index } };
  return options.destination === undefined ? pino(settings) : pino(settings, options.destination);
}
