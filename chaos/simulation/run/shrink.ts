import { faultyMaxAtGenesis } from "../../../consensus/committee.ts";
import type { Outcome } from "../run-seed.ts";
import type { Fault, LiarPlan, Plan } from "../faults/plan.ts";

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

/** Plain settings, where the failure does not need others. */
const USUAL = {
  realCrypto: false,
  beatMs: 0,
  tickMs: 40,
  pipelineDepth: 1,
  batchItemCountMin: 1,
  thinkMs: 300,
} as const;

const MEMBER_COUNTS = [4, 5, 7];
/** What is left out moves the failure: a candidate has so much longer to fail as the best did. */
const PATIENCE = 1.3;
const PATIENCE_MS = 1000;

type Attempt = (candidate: Plan) => Promise<boolean>;

/**
 * The least that still fails the same checker: faults are left out in ever smaller groups (Zeller's
 * delta debugging), then lies, noise, members, clients and time. Whatever is left out shifts nothing
 * else, because each subject draws from a stream of its own.
 */
export async function shrink(
  plan: Plan,
  outcome: Outcome,
  run: Run,
  runCountMax: number,
): Promise<Shrunk> {
  let best = { plan, outcome };
  let runCount = 0;
  // What never happens is only seen at the end of all patience; the rest when it happens.
  const isSeenAtOnce = outcome.virtualMs < plan.healMs;
  const attempt: Attempt = async (candidate) => {
    if (runCount >= runCountMax) return false;
    runCount++;
    const endMs = Math.ceil(best.outcome.virtualMs * PATIENCE + PATIENCE_MS);
    const tried = isSeenAtOnce ? { ...candidate, endMs } : candidate;
    const found = await run(tried);
    if (found.violation?.checker !== outcome.violation?.checker) return false;
    best = { plan: tried, outcome: found };
    return true;
  };
  const now = (): Plan => best.plan;
  await attempt({ ...now(), faults: [] });
  await dropFaults(now, attempt);
  await dropLies(now, attempt);
  await calm(now, attempt);
  await dropMembers(now, attempt);
  await dropClients(now, attempt);
  await dropFaults(now, attempt);
  if (isSeenAtOnce) await endEarly(now, attempt, () => best.outcome.virtualMs);
  return { ...best, runCount };
}

async function dropFaults(plan: () => Plan, attempt: Attempt): Promise<void> {
  for (let size = Math.ceil(plan().faults.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < plan().faults.length;) {
      const faults = plan().faults.filter((_, index) => index < at || index >= at + size);
      if (!(await attempt({ ...plan(), faults }))) at += size;
    }
  }
}

async function dropLies(plan: () => Plan, attempt: Attempt): Promise<void> {
  for (const index of plan().liars.map((liar) => liar.index)) {
    const without = { ...plan(), liars: plan().liars.filter((one) => one.index !== index) };
    if (!(await attempt(without))) await dropStrategies(plan, index, attempt);
  }
  for (const name of plan().byzantineClients) {
    const byzantineClients = plan().byzantineClients.filter((one) => one !== name);
    await attempt({ ...plan(), byzantineClients });
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

async function calm(plan: () => Plan, attempt: Attempt): Promise<void> {
  // All at once is likely, and saves looking for each.
  if (await attempt({ ...plan(), ...USUAL, link: { ...plan().link, ...CALM } })) return;
  for (const [field, value] of Object.entries(CALM)) {
    if (plan().link[field as keyof typeof CALM] === value) continue;
    await attempt({ ...plan(), link: { ...plan().link, [field]: value } });
  }
  for (const [field, value] of Object.entries(USUAL)) {
    if (plan()[field as keyof typeof USUAL] === value) continue;
    await attempt({ ...plan(), [field]: value });
  }
}

async function dropMembers(plan: () => Plan, attempt: Attempt): Promise<void> {
  for (const memberCount of MEMBER_COUNTS) {
    if (memberCount >= plan().memberCount) return;
    if (await attempt(withMembers(plan(), memberCount))) return;
  }
}

/** The first so many; liars and faults of the others go with them, and so do liars beyond f. */
function withMembers(plan: Plan, memberCount: number): Plan {
  const faultyMax = faultyMaxAtGenesis(memberCount);
  const liars = plan.liars.filter(({ index }) => index < memberCount).slice(0, faultyMax);
  const addressCount = memberCount + liars.filter(({ twin }) => twin).length;
  const faults = plan.faults.flatMap((fault): Fault[] => {
    if ("replica" in fault && fault.replica >= memberCount) return [];
    if (fault.type === "clog" && Math.max(fault.from, fault.to) >= memberCount) return [];
    if (fault.type !== "partition") return [fault];
    return [{ ...fault, sides: fault.sides.slice(0, addressCount) }];
  });
  return { ...plan, memberCount, faultyMax, liars, faults };
}

async function dropClients(plan: () => Plan, attempt: Attempt): Promise<void> {
  while (plan().clientCount > 1) {
    if (!(await attempt({ ...plan(), clientCount: plan().clientCount >> 1 }))) break;
  }
  while (plan().writesPerClient > 1) {
    if (!(await attempt({ ...plan(), writesPerClient: plan().writesPerClient >> 1 }))) break;
  }
}

/** The tape ends where the failure does: nothing else is of interest. */
async function endEarly(plan: () => Plan, attempt: Attempt, failedMs: () => number): Promise<void> {
  const healMs = Math.min(plan().healMs, Math.ceil(failedMs()) + 1);
  const faults = plan().faults.filter(({ atMs }) => atMs <= healMs);
  await attempt({ ...plan(), faults, healMs, durationMs: healMs });
}
