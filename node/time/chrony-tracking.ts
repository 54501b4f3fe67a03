import { execFile } from "node:child_process";
import { around } from "../../base/time/time-interval.ts";
import type { TimeSample } from "../../base/time/time-sample.ts";
import type { TimeAnswer } from "./sntp-client.ts";

/** Places in a line of `chronyc -c tracking`. */
const STRATUM_AT = 2;
const SYSTEM_OFFSET_AT = 4;
const ROOT_DELAY_AT = 10;
const ROOT_DISPERSION_AT = 11;
const LEAP_AT = 13;
const FIELD_COUNT = 14;
const LEAPS: ReadonlyMap<string, number> = new Map([
  ["Normal", 0],
  ["Insert second", 1],
  ["Delete second", 2],
]);
/** A clock that is read in whole milliseconds. */
const GRAIN_MS = 1;

export interface ChronyQuestion {
  readonly timeoutMs: number;
  readonly monotonicMs: () => number;
  readonly machineMs: () => number;
  /** For tests. */
  readonly command?: readonly [program: string, ...options: string[]];
}

const COMMAND: readonly [string, ...string[]] = ["chronyc", "-n", "-c", "tracking"];

/**
 * Asks the chrony of this machine how well it keeps the machine's clock, so that who runs one, with
 * authenticated servers, need name none here. Never throws.
 */
export function askChrony(question: ChronyQuestion): Promise<TimeAnswer> {
  const [program, ...options] = question.command ?? COMMAND;
  return new Promise((resolve) => {
    execFile(
      program,
      options,
      { timeout: question.timeoutMs, maxBuffer: 64 * 1024 },
      (error, stdout) => {
        if (error === null) resolve(trackingAnswer(stdout, question));
        else {
          const { code } = error as NodeJS.ErrnoException;
          resolve({ kind: "silent", why: `chronyc (${code ?? error.message})`, strays: 0 });
        }
      },
    );
  });
}

function trackingAnswer(
  line: string,
  { monotonicMs, machineMs }: Pick<ChronyQuestion, "monotonicMs" | "machineMs">,
): TimeAnswer {
  const fields = line.trim().split(",");
  const leap = LEAPS.get(fields[LEAP_AT] ?? "");
  const [stratum, offset, delay, dispersion] = [
    STRATUM_AT,
    SYSTEM_OFFSET_AT,
    ROOT_DELAY_AT,
    ROOT_DISPERSION_AT,
  ].map((at) => Number(fields[at] ?? Number.NaN)) as [number, number, number, number];
  if (fields.length < FIELD_COUNT || ![offset, delay, dispersion].every(Number.isFinite)) {
    return { kind: "refused", why: "absurd", strays: 0 };
  }
  if (leap === undefined || !(stratum > 0)) {
    return { kind: "refused", why: "unsynchronised", strays: 0 };
  }
  // What chrony still has to slew counts as an error, whatever its sign is.
  const errorMs = 1000 * (Math.abs(offset) + delay / 2 + dispersion) + GRAIN_MS;
  const atMs = monotonicMs();
  const sample: TimeSample = {
    offset: around(machineMs() - atMs, errorMs),
    atMs,
    delayMs: 1000 * delay,
    leap,
  };
  return { kind: "sample", sample, strays: 0 };
}
