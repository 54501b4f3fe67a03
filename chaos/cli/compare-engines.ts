import type { Terminal } from "../../cluster/cli/terminal.ts";
import { SeedsInChromium } from "../browser/seeds-in-chromium.ts";
import { SeedPool } from "../simulation/run/seed-pool.ts";
import { untilInterrupted } from "./until-interrupted.ts";

export interface EngineReport {
  readonly json: object;
  readonly lines: readonly string[];
  readonly isEqual: boolean;
}

interface Compared {
  readonly seed: number;
  readonly node: string;
  readonly chromium: string;
  readonly violation: string | undefined;
}

/** After so many seeds that differ a run says nothing new. */
const DIFFERENT_MAX = 20;

/**
 * Each seed once under Node and once in a headless browser: what happened must be the same, event
 * by event.
 *
 * @throws QuorateError BROWSER_MISSING
 */
export async function compareEngines(
  terminal: Terminal,
  options: { readonly seeds: number; readonly from: number },
): Promise<EngineReport> {
  const { seeds, from } = options;
  const chromium = await SeedsInChromium.open();
  const pool = new SeedPool(1);
  const compared: Compared[] = [];
  const work = async (signal: AbortSignal): Promise<void> => {
    for (let seed = from; seed < from + seeds && !signal.aborted; seed++) {
      const [here, there] = await Promise.all([pool.run({ seed }), chromium.run(seed)]);
      if (signal.aborted) return;
      const violation = here.violation?.what ?? there.violation?.what;
      compared.push({ seed, node: here.hash, chromium: there.hash, violation });
      terminal.showLive(`${compared.length}/${seeds} seeds, ${differing(compared).length} differ`);
      if (differing(compared).length >= DIFFERENT_MAX) return;
    }
  };
  try {
    await untilInterrupted(work);
  } finally {
    await pool.close();
    await chromium.close();
  }
  return report(compared);
}

function differing(compared: readonly Compared[]): readonly Compared[] {
  return compared.filter(({ node, chromium }) => node !== chromium);
}

function report(compared: readonly Compared[]): EngineReport {
  const different = differing(compared);
  const violated = compared.filter(({ violation }) => violation !== undefined);
  return {
    isEqual: different.length === 0 && violated.length === 0,
    json: {
      seeds: compared.length,
      equal: compared.length - different.length,
      different,
      violations: violated.map(({ seed, violation }) => ({ seed, violation })),
    },
    lines: [
      ...different.map(
        ({ seed, node, chromium }) => `seed ${seed}: ${node} on Node, ${chromium} in Chromium`,
      ),
      ...violated.map(({ seed, violation }) => `seed ${seed}: ${violation}`),
      `${compared.length} seeds on Node and in Chromium: ` +
        `${compared.length - different.length} equal event hashes, ${violated.length} violations`,
    ],
  };
}
