import type { TwinsOutcome } from "./run-scenario.ts";

export interface TwinsFailure {
  readonly number: number;
  readonly scenario: string;
  readonly checker: string;
  readonly what: string;
}

/** What became of a stretch of scenarios: plain data, so that threads can hand it over. */
export interface TwinsTally {
  count: number;
  /** A digest over their event hashes, whatever the order in which stretches are added. */
  digest: number;
  sequenceMax: number;
  healingRoundsMax: number;
  /** In how many scenarios something happened at all. */
  readonly marks: Record<string, number>;
  readonly failures: TwinsFailure[];
}

/** Of failures beyond these only the number is of interest. */
const FAILURES_KEPT_MAX = 100;

export function emptyTally(): TwinsTally {
  return {
    count: 0,
    digest: 0,
    sequenceMax: 0,
    healingRoundsMax: 0,
    marks: {},
    failures: [],
  };
}

export function addOutcome(
  tally: TwinsTally,
  outcome: TwinsOutcome,
  scenario: { readonly number: number; readonly describe: () => string },
): void {
  const { violation, hash, marks } = outcome;
  tally.count++;
  tally.digest = (tally.digest + Number.parseInt(hash.slice(8), 16)) >>> 0;
  tally.sequenceMax = Math.max(tally.sequenceMax, outcome.sequence);
  tally.healingRoundsMax = Math.max(tally.healingRoundsMax, outcome.healingRounds);
  for (const name of Object.keys(marks)) tally.marks[name] = (tally.marks[name] ?? 0) + 1;
  if (violation === undefined) return;
  const { number, describe } = scenario;
  tally.failures.push({ number, scenario: describe(), ...violation });
}

export function addTally(tally: TwinsTally, more: TwinsTally): void {
  tally.count += more.count;
  tally.digest = (tally.digest + more.digest) >>> 0;
  tally.sequenceMax = Math.max(tally.sequenceMax, more.sequenceMax);
  tally.healingRoundsMax = Math.max(tally.healingRoundsMax, more.healingRoundsMax);
  for (const [name, count] of Object.entries(more.marks)) {
    tally.marks[name] = (tally.marks[name] ?? 0) + count;
  }
  tally.failures.push(...more.failures.slice(0, FAILURES_KEPT_MAX - tally.failures.length));
}
