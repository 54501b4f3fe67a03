import type { Prng } from "../../../base/prng.ts";
import { faultyMaxAtGenesis } from "../../../consensus/committee.ts";
import { LIAR_STRATEGIES } from "../liars/strategies.ts";
import { BYZANTINE_CLIENTS } from "../clients/byzantine-client.ts";
import type { LinkMood } from "../world/network.ts";
import { Streams } from "../world/streams.ts";
import type { Fault, LiarPlan, Plan, ProcessFault, StrikeFault } from "./plan.ts";

/** Committees of every shape that matters: n = 5 is where 2f+1 is no quorum. */
const MEMBER_COUNTS = [4, 4, 4, 4, 4, 4, 5, 5, 7, 10];

/** Faults that anybody may suffer and come back from, and how long they last. */
const MENDABLE: readonly (readonly [ProcessFault, number])[] = [
  ["crash", 4000],
  ["crash-all", 1500],
  ["pause", 3000],
  ["slow-disk", 6000],
  ["full-disk", 3000],
  ["wipe-store", 3000],
  ["rot-store", 2000],
];
/** Faults after which a replica counts as one of the f. */
const RUINOUS: readonly ProcessFault[] = [
  "wipe-promises",
  "rot-promises",
  "misdirected-write",
  "wipe-machine",
];
const STRIKES: readonly StrikeFault["what"][] = [
  "when-prepared",
  "when-prepared",
  "when-proposed",
  "when-leaving",
  "in-a-flush",
];

/** What one seed is: a random part of all faults, each in its own strength, others not at all. */
export function drawPlan(seed: number): Plan {
  const streams = new Streams(seed);
  const prng = streams.of("plan");
  const memberCount = pick(prng, MEMBER_COUNTS);
  const faultyMax = faultyMaxAtGenesis(memberCount);
  // Two of three seeds have f liars at work; the others fewer, and the rest of f may be ruined.
  const liarCount = prng.chance(0.67) ? faultyMax : prng.below(faultyMax + 1);
  const liars = withMute(
    streams.of("mute"),
    drawLiars(streams.of("liars"), memberCount, liarCount),
  );
  const healMs = 36_000 + prng.below(8_000);
  const base = {
    seed,
    memberCount,
    faultyMax,
    realCrypto: prng.chance(0.03),
    clientCount: 8,
    writesPerClient: 26,
    thinkMs: pick(prng, [100, 300, 900]),
    beatMs: pick(prng, [0, 250, 500, 1000]),
    tickMs: pick(prng, [10, 20, 40, 40]),
    checkpointInterval: pick(prng, [4, 8, 16, 32, 128]),
    pipelineDepth: pick(prng, [1, 3, 3, 8]),
    batchItemCountMin: pick(prng, [1, 2, 32]),
    healMs,
    durationMs: 60_000,
    liars,
    byzantineClients: BYZANTINE_CLIENTS.filter(() => prng.chance(0.3)),
  };
  return {
    ...base,
    link: drawLink(streams.of("link")),
    faults: [
      ...drawFaults(streams.of("faults"), base),
      ...drawAsking(streams.of("asking"), base),
    ].sort((left, right) => left.atMs - right.atMs),
  };
}

function drawLink(prng: Prng): LinkMood {
  const isHarsh = prng.chance(0.3);
  return {
    delayMsMin: 0.1 + prng.below(isHarsh ? 30 : 3),
    delayMsMean: prng.below(isHarsh ? 60 : 5),
    lossProbability: prng.chance(0.5) ? prng.below(isHarsh ? 15 : 3) / 100 : 0,
    duplicateProbability: prng.chance(0.4) ? prng.below(10) / 100 : 0,
    replayProbability: prng.chance(0.3) ? prng.below(5) / 100 : 0,
    ordered: prng.chance(0.4),
    cloggedUntilMs: 0,
  };
}

function drawLiars(prng: Prng, memberCount: number, count: number): LiarPlan[] {
  const shuffledIndexes = shuffled(prng, memberCount);
  // A primary's lies reach farthest, and the first one is the primary for longest.
  if (prng.chance(0.4))
    shuffledIndexes.sort((left, right) => Number(right === 0) - Number(left === 0));
  const indexes = shuffledIndexes.slice(0, count);
  return indexes.map((index) => {
    const twin = prng.chance(0.25);
    const strategies = LIAR_STRATEGIES.filter(() => prng.chance(0.2));
    const atLeast = twin ? [] : [pick(prng, LIAR_STRATEGIES)];
    return { index, twin, strategies: twin ? [] : strategies.length > 0 ? strategies : atLeast };
  });
}

/** In some seeds one of the liars never says anything, so that a quorum needs all the others. */
function withMute(prng: Prng, liars: readonly LiarPlan[]): readonly LiarPlan[] {
  const [first, ...others] = liars;
  if (first === undefined || !prng.chance(0.12)) return liars;
  return [{ index: first.index, twin: false, strategies: ["mute"] }, ...others];
}

/** View changes in which the first to ask is not heard. */
function drawAsking(prng: Prng, { memberCount, healMs }: Frame): Fault[] {
  const count = prng.chance(0.25) ? 1 + prng.below(4) : 0;
  return Array.from({ length: count }, (): Fault => {
    const atMs = 1000 + prng.below(healMs - 2000);
    const replica = prng.below(memberCount);
    return { type: "strike", atMs, forMs: 1000 + prng.below(3000), replica, what: "when-asking" };
  });
}

interface Frame {
  readonly memberCount: number;
  readonly faultyMax: number;
  readonly healMs: number;
  readonly liars: readonly LiarPlan[];
}

function drawFaults(prng: Prng, frame: Frame): Fault[] {
  const faults: Fault[] = [];
  // A quiet seed finds what only long order brings; a wild one what only disorder does.
  const countMax = pick(prng, [2, 8, 20]);
  const drawers = DRAWERS.filter(() => prng.chance(0.6));
  const mendable = MENDABLE.filter(() => prng.chance(0.5));
  for (let count = 0; count < countMax && drawers.length > 0; count++) {
    const atMs = 1000 + prng.below(frame.healMs - 2000);
    const fault = pick(prng, drawers)(prng, { ...frame, atMs, mendable });
    if (fault !== undefined) faults.push(fault);
  }
  faults.push(...drawRuin(prng, frame));
  return faults.sort((left, right) => left.atMs - right.atMs);
}

type Drawer = (
  prng: Prng,
  frame: Frame & { readonly atMs: number; readonly mendable: typeof MENDABLE },
) => Fault | undefined;

const drawPartition: Drawer = (prng, { atMs, memberCount, liars }) => {
  const addressCount = memberCount + liars.filter(({ twin }) => twin).length;
  const share = 0.1 + prng.below(40) / 100;
  const sides = Array.from({ length: addressCount }, () => (prng.chance(share) ? 0 : 1));
  const forMs = 300 + prng.below(6000);
  return { type: "partition", atMs, forMs, sides, oneWay: prng.chance(0.3) };
};

/** One replica is away for so long that the others have dropped what it lacks. */
const drawLag: Drawer = (prng, { atMs, memberCount, liars }) => {
  const addressCount = memberCount + liars.filter(({ twin }) => twin).length;
  const away = prng.below(memberCount);
  const sides = Array.from({ length: addressCount }, (_, index) => (index === away ? 0 : 1));
  return { type: "partition", atMs, forMs: 4000 + prng.below(10_000), sides, oneWay: false };
};

/** Aimed at a moment, which comes soon or not at all. */
const drawStrike: Drawer = (prng, { atMs, memberCount }) => {
  const what = pick(prng, STRIKES);
  const replica = prng.below(memberCount);
  return { type: "strike", atMs, forMs: 1000 + prng.below(3000), replica, what };
};

const drawIsolation: Drawer = (prng, { atMs }) => {
  const direction = pick(prng, ["both", "in", "out"] as const);
  return { type: "isolate-primary", atMs, forMs: 300 + prng.below(3000), direction };
};

const drawClog: Drawer = (prng, { atMs, memberCount }) => {
  const from = prng.below(memberCount);
  return { type: "clog", atMs, forMs: prng.below(4000), from, to: prng.below(memberCount) };
};

const drawSlow: Drawer = (prng, { atMs, memberCount }) => {
  const forMs = 1000 + prng.below(9000);
  const replica = prng.below(memberCount);
  // Some so slow that answers come when nobody waits for them any more.
  const delayMs = prng.chance(0.3) ? 400 + prng.below(1500) : 20 + prng.below(400);
  return { type: "slow-links", atMs, forMs, replica, delayMs };
};

const drawProcess: Drawer = (prng, { atMs, memberCount, mendable }) => {
  if (mendable.length === 0) return undefined;
  const [kind, longest] = pick(prng, mendable);
  const forMs = 100 + prng.below(longest);
  const replica = prng.below(memberCount);
  // Half of them under a process that runs, and nobody is told.
  const type = kind === "rot-store" && forMs % 2 === 1 ? "rot-row" : kind;
  return { type, atMs, forMs, replica };
};

/** Small enough that a correct replica stays within ε of the others. */
const drawClock: Drawer = (prng, { atMs, memberCount }) => {
  const type = pick(prng, ["clock-step", "clock-drift", "clock-strobe", "clock-reset"] as const);
  const by = type === "clock-drift" ? prng.below(4000) - 2000 : prng.below(300) - 150;
  return { type, atMs, forMs: 500 + prng.below(5000), replica: prng.below(memberCount), by };
};

const DRAWERS: readonly Drawer[] = [
  drawPartition,
  drawIsolation,
  drawClog,
  drawSlow,
  drawProcess,
  drawClock,
  drawLag,
  drawStrike,
];

/** What is left of f may lose its promises, or its sense of time altogether. */
function drawRuin(prng: Prng, { memberCount, faultyMax, liars, healMs }: Frame): Fault[] {
  const faults: Fault[] = [];
  const honest = shuffled(prng, memberCount).filter(
    (index) => !liars.some((liar) => liar.index === index),
  );
  for (const replica of honest.slice(0, faultyMax - liars.length)) {
    if (!prng.chance(0.7)) continue;
    const atMs = 2000 + prng.below(healMs - 5000);
    if (prng.chance(0.3)) {
      const by = prng.chance(0.5) ? 60_000 : -60_000;
      faults.push({ type: "clock-step", atMs, forMs: 4000, replica, by });
    } else {
      faults.push({ type: pick(prng, RUINOUS), atMs, forMs: 1000, replica });
    }
  }
  return faults;
}

function pick<T>(prng: Prng, items: readonly T[]): T {
  return items[prng.below(items.length)] as T;
}

function shuffled(prng: Prng, count: number): number[] {
  const items = Array.from({ length: count }, (_, index) => index);
  for (let at = count - 1; at > 0; at--) {
    const other = prng.below(at + 1);
    [items[at], items[other]] = [items[other] as number, items[at] as number];
  }
  return items;
}
