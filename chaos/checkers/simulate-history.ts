import { drawPlan } from "../simulation/faults/draw-plan.ts";
import { watchOf } from "../simulation/invariants/watch-of.ts";
import { Conspiracy } from "../simulation/liars/conspiracy.ts";
import { disguiseOf } from "../simulation/liars/disguise-of.ts";
import { createCluster } from "../simulation/simulated-cluster.ts";
import type { SimulatedCluster } from "../simulation/simulated-cluster.ts";
import type { SimulatedOperation } from "./simulated-history.ts";

/** Of ten operations at least seven are writes that commit; with fewer reads than most there are enough still. */
const WRITES_PER_OPERATION = 0.95;
/** Brisk clients, so that a thousand operations do not take an hour of virtual time. */
const THINK_MS = 100;
const LOOK_MS = 1000;
/** After the healing; whoever is not done by then is the simulator's finding, not this one's. */
const REST_MS_MAX = 600_000;

/**
 * What the clients of one seed saw, over at least about so many operations, with all of the seed's
 * faults and liars. Nobody but the clients' own checks looks on: the history is judged afterwards.
 */
export async function simulateHistory(
  seed: number,
  operationCount: number,
): Promise<readonly SimulatedOperation[]> {
  const drawn = drawPlan(seed);
  const writesPerClient = Math.ceil((operationCount * WRITES_PER_OPERATION) / drawn.clientCount);
  const plan = { ...drawn, writesPerClient, thinkMs: THINK_MS };
  const cluster = createCluster(plan, ({ world, crypto }) => {
    const conspiracy = new Conspiracy(world, crypto.hash);
    return {
      ...watchOf([]),
      disguiseOf: (index, surroundings) => {
        const names = plan.liars.find((liar) => liar.index === index)?.strategies ?? [];
        return disguiseOf(index, names, surroundings, conspiracy);
      },
    };
  });
  await play(cluster);
  return cluster.history.operations;
}

async function play({
  world,
  plan,
  replicas,
  clients,
  mallory,
  nemesis,
}: SimulatedCluster): Promise<void> {
  for (const replica of replicas) replica.boot();
  for (const client of clients) client.start();
  mallory.start();
  nemesis.schedule(plan.faults);
  await world.runUntil(plan.healMs);
  nemesis.heal();
  mallory.end();
  for (let nowMs = plan.healMs; nowMs < plan.healMs + REST_MS_MAX; nowMs += LOOK_MS) {
    if (clients.every(({ isDone }) => isDone)) return;
    await world.runUntil(nowMs + LOOK_MS);
  }
}
