import { runSeed } from "../../simulation/run-seed.ts";
import type { Outcome } from "../../simulation/run-seed.ts";

/** What the page offers to whoever drives it. */
export interface SimulatorPage {
  runSeed(seed: number): Promise<Outcome>;
}

const page: SimulatorPage = { runSeed };
Object.assign(globalThis, { quorate: page });
