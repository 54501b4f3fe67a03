import { hlcCounter, hlcMs } from "../base/hlc.ts";
import type { Hlc } from "../base/types.ts";

/** Milliseconds since 1970, a dot, the counter: as the query API shows it. */
export function hlcText(value: Hlc): string {
  return `${hlcMs(value)}.${hlcCounter(value)}`;
}

/** The milliseconds of a text that {@link hlcText} made. */
export function msOfHlcText(text: string): number {
  return Number(text.split(".")[0]);
}
