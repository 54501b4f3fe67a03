import type { Terminal } from "../../cluster/cli/terminal.ts";
import { SeedsInChromium } from "../browser/seeds-in-chromium.ts";
import { SeedPool } from "../simulation/run/seed-pool.ts";
import { compareRuns } from "./compare-runs.ts";
import type { Comparison, ComparisonOptions } from "./compare-runs.ts";

/**
 * Each seed once under Node and once in a headless browser.
 *
 * @throws QuorateError BROWSER_MISSING
 */
export async function compareEngines(
  terminal: Terminal,
  options: ComparisonOptions,
): Promise<Comparison> {
  const chromium = await SeedsInChromium.open();
  const pool = new SeedPool(1);
  try {
    return await compareRuns(terminal, options, {
      names: ["on Node", "in Chromium"],
      run: (seed) => Promise.all([pool.run({ seed }), chromium.run(seed)]),
    });
  } finally {
    await pool.close();
    await chromium.close();
  }
}
