import { InvalidArgumentError, Option } from "commander";
import { HLC_MAX, hlcAddMs, hlcFromMs } from "../../base/hlc.ts";
import type { Hlc } from "../../base/types.ts";

/** `--at`: a logical time as `status` prints it, or a time of day, which means its whole millisecond. */
export function atOption(what: string): Option {
  return new Option(
    "--at <time>",
    `${what}: a hybrid logical time, or 2026-11-21T12:00:00Z`,
  ).argParser(parseAt);
}

function parseAt(text: string): Hlc {
  if (/^\d{1,20}$/.test(text)) {
    const value = BigInt(text) as Hlc;
    if (value <= HLC_MAX) return value;
  }
  const ms = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!(ms >= 0)) {
    throw new InvalidArgumentError("Neither 64 bits of a logical time nor a date and time.");
  }
  return (hlcAddMs(hlcFromMs(ms), 1) - 1n) as Hlc;
}
