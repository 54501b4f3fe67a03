import type { Plan } from "../faults/plan.ts";
import { drawPlan } from "../faults/draw-plan.ts";
import { runPlan } from "../run-seed.ts";

export interface BenchFigure {
  readonly name: string;
  /** Virtual time over the time that one core took. */
  readonly timesRealTime: number;
  readonly detail: string;
}

const SEED_COUNT = 5;
/** Before these the compiler is still at work, and its time would be counted. */
const WARM_UP_COUNT = 5;
/** Idle seeds are short: it takes more of them. */
const WARM_UP_COUNT_IDLE = 20;

const IDLE: Partial<Plan> = { clientCount: 0, liars: [], faults: [], byzantineClients: [] };

/** Faults are drawn for a number of members: with another one more than f might be hurt. */
function drawPlanOfFour(number: number): Plan {
  for (let seed = 1, count = 0; ; seed++) {
    const plan = drawPlan(seed);
    if (plan.memberCount === 4 && ++count === number) return plan;
  }
}

/** How fast virtual time passes on one core. */
export async function bench(): Promise<readonly BenchFigure[]> {
  const mixed = await measure(SEED_COUNT, (seed) => ({ ...drawPlan(seed), realCrypto: false }));
  const busy = await measure(SEED_COUNT, (seed) => ({
    ...drawPlanOfFour(seed),
    realCrypto: false,
    writesPerClient: 150,
    thinkMs: 160,
  }));
  const idle = await measure(
    SEED_COUNT,
    (seed) => ({ ...drawPlanOfFour(seed), ...IDLE, tickMs: 10, realCrypto: false }),
    WARM_UP_COUNT_IDLE,
  );
  const real = await measure(3, (seed) => ({ ...drawPlan(seed), realCrypto: true }));
  return [
    { name: "seeds as they are drawn, table crypto", ...mixed },
    { name: "n = 4, about 20 requests a second, all faults, table crypto", ...busy },
    { name: "n = 4, idle but for heartbeats, ticks of 10 ms", ...idle },
    { name: "seeds as they are drawn, real Ed25519", ...real },
  ];
}

async function measure(
  seedCount: number,
  planOf: (seed: number) => Plan,
  warmUpCount = WARM_UP_COUNT,
): Promise<Omit<BenchFigure, "name">> {
  for (let seed = 1; seed <= warmUpCount; seed++) await runPlan(planOf(seed));
  const before = process.cpuUsage();
  let virtualMs = 0;
  let committed = 0;
  for (let seed = 1; seed <= seedCount; seed++) {
    const outcome = await runPlan(planOf(warmUpCount + seed));
    virtualMs += outcome.virtualMs;
    committed += outcome.committedCount;
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1000;
  const detail = `${seedCount} seeds, ${Math.round(virtualMs / 1000)} virtual s in ${Math.round(cpuMs)} ms of CPU, ${(committed / (virtualMs / 1000)).toFixed(1)} write sets a second`;
  return { timesRealTime: Math.round(virtualMs / cpuMs), detail };
}
