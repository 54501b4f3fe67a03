import type { Prng } from "../../../base/prng.ts";
import { faultyMaxAtGenesis } from "../../../consensus/committee.ts";
import { REPLICA_COUNT_MIN } from "../../../consensus/limits.ts";
import { EPOCH_STRATEGIES } from "../liars/strategies.ts";
import { Streams } from "../world/streams.ts";
import { drawPlan } from "./draw-plan.ts";
import type { Fault, LiarPlan, MemberChange, MembershipPlan, Plan } from "./plan.ts";

const NEWCOMER_COUNT_MAX = 4;
const CHANGE_COUNT_MAX = 5;
/** Shorter intervals bring an epoch to its end within the seconds of a run. */
const INTERVAL_MAX = 16;
/** Than the run that the seed is otherwise: what the filling of epochs costs is saved here. */
const SHORTER = 0.6;
const RUINOUS: ReadonlySet<Fault["type"]> = new Set([
  "wipe-promises",
  "rot-promises",
  "misdirected-write",
  "wipe-machine",
]);

/** The draw of a seed, and on top of it members that come and go. */
export function drawMembersPlan(seed: number): Plan {
  const streams = new Streams(seed);
  const prng = streams.of("members");
  const drawn = drawPlan(seed);
  const newcomerCount = 1 + prng.below(NEWCOMER_COUNT_MAX);
  const healMs = Math.round(drawn.healMs * SHORTER);
  const plan: Plan = {
    ...drawn,
    healMs,
    durationMs: healMs + 8_000,
    clientCount: 4,
    writesPerClient: 16,
    checkpointInterval: Math.min(drawn.checkpointInterval, INTERVAL_MAX),
    pipelineDepth: Math.max(drawn.pipelineDepth, 3),
    liars: drawn.liars.map((liar) => withEpochLies(liar, prng)),
    faults: drawn.faults.map((fault) => ({
      ...overNewcomers(fault, drawn, { newcomerCount, prng }),
      atMs: Math.round(fault.atMs * SHORTER),
    })),
  };
  const isPurge = plan.liars.length === plan.faultyMax && plan.faultyMax === 3 && prng.chance(0.5);
  const membership = isPurge ? drawPurge(plan, prng) : drawChanges(plan, newcomerCount, prng);
  if (!isPurge) return { ...plan, membership };
  return { ...plan, membership, faults: [...cutOff(plan, membership), ...plan.faults] };
}

function withEpochLies(liar: LiarPlan, prng: Prng): LiarPlan {
  const lies = EPOCH_STRATEGIES.filter(() => prng.chance(0.3));
  if (liar.twin || liar.strategies.includes("mute")) return liar;
  return { ...liar, strategies: [...liar.strategies, ...lies] };
}

/** Newcomers stand before the twins in the network; some of what was meant for others hits them. */
function overNewcomers(
  fault: Fault,
  { memberCount }: Plan,
  { newcomerCount, prng }: { readonly newcomerCount: number; readonly prng: Prng },
): Fault {
  if (fault.type === "partition") {
    const { sides } = fault;
    const drawn = Array.from({ length: newcomerCount }, () => prng.below(2));
    return {
      ...fault,
      sides: [...sides.slice(0, memberCount), ...drawn, ...sides.slice(memberCount)],
    };
  }
  const isForAnybody = "replica" in fault && !RUINOUS.has(fault.type) && !isTimeless(fault);
  if (!isForAnybody || !prng.chance(0.25)) return fault;
  return { ...fault, replica: memberCount + prng.below(newcomerCount) };
}

const isTimeless = (fault: Fault): boolean =>
  fault.type === "clock-step" && Math.abs(fault.by) > 250;

/** Who counts against f: liars, and those whom the plan ruins. */
export function hurtOf({ liars, faults }: Pick<Plan, "liars" | "faults">): ReadonlySet<number> {
  const ruined = faults.flatMap((fault) =>
    "replica" in fault && (RUINOUS.has(fault.type) || isTimeless(fault)) ? [fault.replica] : [],
  );
  return new Set([...liars.map(({ index }) => index), ...ruined]);
}

interface Shape {
  readonly members: readonly number[];
  readonly faultyMax: number;
}

function drawChanges(plan: Plan, newcomerCount: number, prng: Prng): MembershipPlan {
  const hurt = hurtOf(plan);
  const machines = Array.from({ length: plan.memberCount + newcomerCount }, (_, index) => index);
  let shape: Shape = { members: machines.slice(0, plan.memberCount), faultyMax: plan.faultyMax };
  const changes: MemberChange[] = [];
  const count = 1 + prng.below(CHANGE_COUNT_MAX);
  let atMs = 1000 + prng.below(4000);
  for (let attempt = 0; attempt < 4 * count && changes.length < count; attempt++) {
    const outside = machines.filter((one) => !shape.members.includes(one) && !hurt.has(one));
    const change = { ...drawChange(shape, { hurt, outside }, prng), atMs };
    const next = shapeAfter(shape, change);
    if (change.add.length + change.remove.length === 0 || !isLive(next, hurt)) continue;
    if (change.add.length > 0 && prng.chance(0.15)) {
      const consent = prng.chance(0.5) ? "missing" : "another's";
      changes.push({ ...change, consent });
    }
    changes.push(change);
    shape = next;
    atMs += prng.chance(0.3) ? prng.below(500) : 1500 + prng.below(6000);
  }
  const inTime = changes.filter((change) => change.atMs < plan.healMs - 2000);
  return { newcomerCount, changes: inTime, mayStall: false };
}

function drawChange(
  { members }: Shape,
  { hurt, outside }: { readonly hurt: ReadonlySet<number>; readonly outside: readonly number[] },
  prng: Prng,
): Omit<MemberChange, "atMs"> {
  const ruined = members.filter((one) => hurt.has(one));
  const leaving = prng.chance(0.5) && ruined.length > 0 ? ruined : members;
  const joins = outside.length === 0 ? [] : [outside[prng.below(outside.length)] as number];
  const leaves = [leaving[prng.below(leaving.length)] as number];
  const kind = prng.below(3);
  const add = kind === 1 ? [] : joins;
  const remove = kind === 0 ? [] : leaves;
  const count = members.length + add.length - remove.length;
  const isLowered = remove.length > add.length && count >= REPLICA_COUNT_MIN && prng.chance(0.4);
  const lowered = isLowered ? { faultyMax: faultyMaxAtGenesis(count) } : {};
  return { add, remove, consent: "given", ...lowered };
}

/** As `nextConfiguration` has it: f grows with the members, and never shrinks unasked. */
function shapeAfter({ members, faultyMax }: Shape, change: Omit<MemberChange, "atMs">): Shape {
  const next = [...members.filter((one) => !change.remove.includes(one)), ...change.add];
  const allowed = next.length < REPLICA_COUNT_MIN ? 0 : faultyMaxAtGenesis(next.length);
  return { members: next, faultyMax: change.faultyMax ?? Math.max(faultyMax, allowed) };
}

/** Whoever is hurt may be silent for good: the others must be a quorum. */
function isLive({ members, faultyMax }: Shape, hurt: ReadonlySet<number>): boolean {
  const quorum = Math.ceil((members.length + faultyMax + 1) / 2);
  const hurtCount = members.filter((one) => hurt.has(one)).length;
  if (members.length < Math.max(REPLICA_COUNT_MIN, 2 * faultyMax + 1)) return false;
  return hurtCount <= Math.min(faultyMax, members.length - quorum);
}

/** Three correct ones of ten are cut off, and let go: the three liars may now stop everything. */
function drawPurge(plan: Plan, prng: Prng): MembershipPlan {
  const hurt = hurtOf(plan);
  const correct = Array.from({ length: plan.memberCount }, (_, index) => index).filter(
    (index) => !hurt.has(index),
  );
  const first = prng.below(correct.length - 2);
  const remove = correct.slice(first, first + 3);
  const change = { atMs: 4000 + prng.below(8000), add: [], remove, consent: "given" } as const;
  return { newcomerCount: 1, changes: [change], mayStall: true };
}

function cutOff(
  { memberCount, healMs, liars }: Plan,
  { changes, newcomerCount }: MembershipPlan,
): Fault[] {
  const twinCount = liars.filter(({ twin }) => twin).length;
  const sides = Array.from({ length: memberCount + newcomerCount + twinCount }, (_, index) =>
    changes.some(({ remove }) => remove.includes(index)) ? 0 : 1,
  );
  return [{ type: "partition", atMs: 1500, forMs: healMs, sides, oneWay: false }];
}
