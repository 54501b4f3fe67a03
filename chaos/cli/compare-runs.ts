import type { Terminal } from "../../cluster/cli/terminal.ts";
import type { Outcome } from "../simulation/run-seed.ts";
import { untilInterrupted } from "./until-interrupted.ts";

export interface ComparisonOptions {
  readonly seeds: number;
  readonly from: number;
}

export interface Comparison {
  readonly json: object;
  readonly lines: readonly string[];
  readonly isEqual: boolean;
}

/** Two ways to run a seed, of which the same must come. */
export interface TwoWays {
  readonly names: readonly [string, string];
  readonly run: (seed: number) => Promise<readonly [Outcome, Outcome]>;
}

interface Compared {
  readonly seed: number;
  readonly hashes: readonly [string, string];
  readonly violation: string | undefined;
}

/** After so many seeds that differ a run says nothing new. */
const DIFFERENT_MAX = 20;

/** Runs each seed in two ways: what happened must be the same, event by event. */
export async function compareRuns(
  terminal: Terminal,
  { seeds, from }: ComparisonOptions,
  ways: TwoWays,
): Promise<Comparison> {
  const compared: Compared[] = [];
  await untilInterrupted(async (signal) => {
    for (let seed = from; seed < from + seeds; seed++) {
      const [one, other] = await ways.run(seed);
      if (signal.aborted) return;
      const violation = one.violation?.what ?? other.violation?.what;
      compared.push({ seed, hashes: [one.hash, other.hash], violation });
      const different = differing(compared).length;
      terminal.showLive(`${compared.length}/${seeds} seeds, ${different} differ`);
      if (different >= DIFFERENT_MAX) return;
    }
  });
  return report(compared, ways.names);
}

function differing(compared: readonly Compared[]): readonly Compared[] {
  return compared.filter(({ hashes: [one, other] }) => one !== other);
}

function report(compared: readonly Compared[], names: readonly [string, string]): Comparison {
  const different = differing(compared);
  const violated = compared.filter(({ violation }) => violation !== undefined);
  const equal = compared.length - different.length;
  return {
    isEqual: different.length === 0 && violated.length === 0,
    json: {
      ways: names,
      seeds: compared.length,
      equal,
      different,
      violations: violated.map(({ seed, violation }) => ({ seed, violation })),
    },
    lines: [
      ...different.map(
        ({ seed, hashes }) => `seed ${seed}: ${hashes[0]} ${names[0]}, ${hashes[1]} ${names[1]}`,
      ),
      ...violated.map(({ seed, violation }) => `seed ${seed}: ${violation}`),
      `${compared.length} seeds ${names.join(" and ")}: ${equal} equal event hashes, ` +
        `${violated.length} violations`,
    ],
  };
}
