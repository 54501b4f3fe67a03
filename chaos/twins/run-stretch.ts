import { ScenarioRunner } from "./run-scenario.ts";
import { ScenarioSpace } from "./scenario-space.ts";
import { describeScenario } from "./scenario.ts";
import { addOutcome, emptyTally } from "./twins-tally.ts";
import type { TwinsTally } from "./twins-tally.ts";

/** Scenarios of one size of cluster by their numbers, from the first on. */
export interface Stretch {
  readonly memberCount: number;
  readonly from: number;
  readonly count: number;
  /** Ends with the first violation. */
  readonly untilFailure: boolean;
}

interface Kept {
  readonly space: ScenarioSpace;
  readonly runner: ScenarioRunner;
}

const kept = new Map<number, Kept>();

export function runStretch({ memberCount, from, count, untilFailure }: Stretch): TwinsTally {
  const { space, runner } = keptFor(memberCount);
  const tally = emptyTally();
  for (let number = from; number < from + count; number++) {
    const scenario = space.at(number);
    const describe = (): string => describeScenario(scenario);
    addOutcome(tally, runner.run(scenario), { number, describe });
    if (untilFailure && tally.failures.length > 0) break;
  }
  return tally;
}

/** Keys, genesis and requests are the same for all scenarios of one size. */
function keptFor(memberCount: number): Kept {
  let one = kept.get(memberCount);
  if (one === undefined) {
    const space = new ScenarioSpace(memberCount);
    one = { space, runner: new ScenarioRunner(memberCount, space.faultyMax) };
    kept.set(memberCount, one);
  }
  return one;
}
