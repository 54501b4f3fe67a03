import { keyText } from "../../../consensus/map/key-text.ts";
import { sequenceOfPromise } from "../../../node/promises/promise-record.ts";
import type { PromiseRecord } from "../../../consensus/replica/output.ts";
import type { SimulatedReplica } from "../world/simulated-replica.ts";
import type { Checker } from "./checker.ts";
import { demand, isBound } from "./checker.ts";

/**
 * Whatever was flushed is found again after a crash, but for what a truncation let go; and no
 * replica calls itself amnesiac whose disk was not damaged.
 */
export function nothingForgotten(): Checker {
  const name = "nothing forgotten";
  const disks = new Map<SimulatedReplica, Map<string, number>>();
  const floors = new Map<SimulatedReplica, number>();
  return {
    name,
    durable(replica, records) {
      let disk = disks.get(replica);
      if (disk === undefined) disks.set(replica, (disk = new Map()));
      for (const record of records) {
        const vote = voteName(record);
        if (vote !== undefined) disk.set(vote, sequenceOfPromise(record) ?? 0);
      }
    },
    step(replica, _input, outputs) {
      for (const output of outputs) {
        if (output.type !== "truncate") continue;
        floors.set(replica, Math.max(floors.get(replica) ?? 0, output.below));
      }
    },
    boot(replica, found) {
      if (!isBound(replica)) return;
      if (typeof found === "string") {
        demand(false, name, () => `${replica.name} is amnesiac: ${found}`);
        return;
      }
      const there = new Set(found.map(voteName));
      const floor = floors.get(replica) ?? 0;
      for (const [vote, sequence] of disks.get(replica) ?? []) {
        if (sequence <= floor) continue;
        demand(there.has(vote), name, () => `${replica.name} lost its promise for ${sequence}`);
      }
    },
    look(replicas) {
      for (const replica of replicas) {
        const { amnesia } = replica;
        if (!isBound(replica) || amnesia === undefined) continue;
        demand(false, name, () => `${replica.name} calls itself amnesiac: ${amnesia}`);
      }
    },
  };
}

function voteName(record: PromiseRecord): string | undefined {
  if (record.type !== "vote") return undefined;
  const { type, view, sequence, digest } = record.vote;
  return sequence === 0 ? undefined : `${type}/${view}/${sequence}/${keyText(digest)}`;
}
