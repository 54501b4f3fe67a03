import type { Outcome } from "../run-seed.ts";
import type { LiarPlan, Plan } from "../faults/plan.ts";

export type Run = (plan: Plan) => Promise<Outcome>;

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly runCount: number;
}

const CALM = {
  delayMsMin: 1,
  delayMsMean: 0,
  lossProbability: 0,
  duplicateProbability: 0,
  replayProbability: 0,
  ordered: true,
} as const;

/**
 * The least that still fails the same checker: faults are left out in ever smaller groups (Zeller's
 * delta debugging), then lies, noise, clients and time. Whatever is left out shifts nothing else,
 * because each subject draws from a stream of its own.
 */
export async function shrink(
  plan: Plan,
  outcome: Outcome,
  run: Run,
  runCountMax: number,
): Promise<Shrunk> {
  let best = { plan, outcome };
  let runCount = 0;
  const attempt = async (candidate: Plan): Promise<boolean> => {
    if (runCount >= runCountMax) return false;
    runCount++;
    const found = await run(candidate);
    if (found.violation?.checker !== outcome.violation?.checker) return false;
    best = { plan: candidate, outcome: found };
    return true;
  };
  await attempt({ ...best.plan, faults: [] });
  await dropFaults(() => best.plan, attempt);
  for (const index of best.plan.liars.map((liar) => liar.index)) {
    await attempt({ ...best.plan, liars: best.plan.liars.filter((one) => one.index !== index) });
    await dropStrategies(() => best.plan, index, attempt);
  }
  for (const name of best.plan.byzantineClients) {
    const byzantineClients = best.plan.byzantineClients.filter((one) => one !== name);
    await attempt({ ...best.plan, byzantineClients });
  }
  for (const [field, value] of Object.entries(CALM)) {
    if (best.plan.link[field as keyof typeof CALM] === value) continue;
    await attempt({ ...best.plan, link: { ...best.plan.link, [field]: value } });
  }
  while (best.plan.clientCount > 1) {
    if (!(await attempt({ ...best.plan, clientCount: best.plan.clientCount >> 1 }))) break;
  }
  while (best.plan.writesPerClient > 1) {
    if (!(await attempt({ ...best.plan, writesPerClient: best.plan.writesPerClient >> 1 }))) break;
  }
  await dropFaults(() => best.plan, attempt);
  return { ...best, runCount };
}

type Attempt = (candidate: Plan) => Promise<boolean>;

async function dropFaults(plan: () => Plan, attempt: Attempt): Promise<void> {
  for (let size = Math.ceil(plan().faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < plan().faults.length;) {
      const faults = plan().faults.filter((_, index) => index < at || index >= at + size);
      if (!(await attempt({ ...plan(), faults }))) at += size;
    }
  }
}

async function dropStrategies(plan: () => Plan, index: number, attempt: Attempt): Promise<void> {
  const liar = plan().liars.find((one) => one.index === index);
  for (const name of liar?.strategies ?? []) {
    const without = (one: LiarPlan): LiarPlan =>
      one.index === index
        ? { ...one, strategies: one.strategies.filter((other) => other !== name) }
        : one;
    await attempt({ ...plan(), liars: plan().liars.map(without) });
  }
}
